import type { ScreenshotRequest, ScreenshotResponse } from '@ancloud/contracts/gateway/v1/gateway';
import { AppError } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import type { PhoneAccess } from './phone-access.js';
import type { Sessions } from './session-client.js';

const DEADLINE_MS = 15_000;
/** A 2560 × 2560 screen of noise is 26 MB of PNG; more is no screenshot. */
const MAX_BYTES = 32 * 1024 * 1024;

/** PNG of the phone's screen, newly taken or as old as the caller allows. Errors: PHONE_NOT_FOUND, INVALID_ARGUMENT, SESSION_NOT_READY, SCREENSHOT_FAILED. */
export async function screenshot(
  parts: { readonly access: PhoneAccess; readonly sessions: Sessions },
  principal: Principal,
  request: ScreenshotRequest,
  signal?: AbortSignal,
): Promise<ScreenshotResponse> {
  const { phoneId, maxAgeMs } = request;
  await parts.access.load(principal, phoneId);
  const session = await parts.sessions.of(phoneId);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const options = { deadlineMs: DEADLINE_MS, ...(signal === undefined ? {} : { signal }) };
  for await (const { png } of session.screenshot({ phoneId, maxAgeMs }, options)) {
    size += png.length;
    if (size > MAX_BYTES)
      throw new AppError(
        'SCREENSHOT_FAILED',
        `phone ${phoneId} sent more than ${MAX_BYTES} bytes for a screenshot`,
      );
    chunks.push(png);
  }
  if (size === 0) throw new AppError('SCREENSHOT_FAILED', `phone ${phoneId} sent an empty screenshot`);
  return { png: Buffer.concat(chunks, size) };
}
