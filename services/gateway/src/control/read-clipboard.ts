import type { Clipboard, ReadClipboardRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { Principal } from '../auth/principal.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import type { Sessions } from '../phones/session-client.js';

/** A server starts in the phone, 15 s at most, and is asked for 2 s. */
const DEADLINE_MS = 20_000;

/**
 * The text in a phone's clipboard, whoever holds its controls: it is the tenant's own phone. Errors: PHONE_NOT_FOUND, PHONE_PAUSED,
 * SESSION_NOT_READY, CAPACITY, SCRCPY_FAILED.
 */
export async function readClipboard(
  parts: { readonly access: PhoneAccess; readonly sessions: Sessions },
  principal: Principal,
  { phoneId }: ReadClipboardRequest,
  signal?: AbortSignal,
): Promise<Clipboard> {
  await parts.access.load(principal, phoneId);
  const session = await parts.sessions.of(phoneId);
  const options = { deadlineMs: DEADLINE_MS, ...(signal === undefined ? {} : { signal }) };
  const { text } = await session.readClipboard({ phoneId }, options);
  return { phoneId, text };
}
