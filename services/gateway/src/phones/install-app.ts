import type { Readable } from 'node:stream';
import type { InstallAppResponse } from '@ancloud/contracts/session/v1/session';
import { AppError } from '@ancloud/kit';
import { forwardBody } from '../api/forward-body.js';
import type { Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { PhoneAccess } from './phone-access.js';
import type { Sessions } from './session-client.js';

const MAX_BYTES = 4 * 1024 ** 3;
const DEADLINE_MS = 30 * 60_000;

/**
 * Streams an APK from the caller to the phone.
 * Errors: PHONE_NOT_FOUND, INVALID_ARGUMENT, SESSION_NOT_READY, INSTALL_FAILED with the package manager's words.
 */
export async function installApp(
  parts: { readonly access: PhoneAccess; readonly sessions: Sessions },
  principal: Principal,
  request: { readonly phoneId: string; readonly size: number; readonly body: Readable },
): Promise<InstallAppResponse> {
  const { phoneId, size, body } = request;
  if (!Number.isInteger(size) || size < 1 || size > MAX_BYTES)
    throw invalid(
      'content-length',
      Number.isNaN(size) ? undefined : size,
      `the body must have a Content-Length of 1-${MAX_BYTES}`,
      'send the APK as the whole body, with its length',
    );
  await parts.access.load(principal, phoneId);
  const session = await parts.sessions.of(phoneId);
  return forwardBody({
    body,
    open: (signal) => session.installApp({ deadlineMs: DEADLINE_MS, signal }),
    start: { input: { $case: 'start' as const, value: { phoneId, size } } },
    message: (data) => ({ input: { $case: 'data' as const, value: data } }),
    doing: `installing on phone ${phoneId}`,
    whole: (sent) => {
      if (sent !== size)
        throw new AppError('MESSAGE_MALFORMED', `the body ended after ${sent} of ${size} bytes`, {
          field: 'body',
        });
    },
  });
}
