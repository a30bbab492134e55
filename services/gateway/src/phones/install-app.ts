import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { InstallAppResponse } from '@ancloud/contracts/session/v1/session';
import { AppError } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { PhoneAccess } from './phone-access.js';
import type { Sessions } from './session-client.js';

const MAX_BYTES = 4 * 1024 ** 3;
/** Largest gRPC message we make; what the socket gives at once is usually 64 KiB. */
const CHUNK = 256 * 1024;
const DEADLINE_MS = 30 * 60_000;

/**
 * Streams an APK from the caller to the phone; nothing is kept here, and the caller is read no faster than the phone takes.
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
  const gone = new AbortController();
  const { call, response } = session.installApp({ deadlineMs: DEADLINE_MS, signal: gone.signal });
  // An early refusal ends the call: waiting for `drain` of an ended call would never return.
  let refusal: unknown;
  const ended = response.then(
    () => true,
    (error: unknown) => {
      refusal = error;
      return true;
    },
  );
  try {
    call.write({ input: { $case: 'start', value: { phoneId, size } } });
    let sent = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      sent += piece.length;
      for (let at = 0; at < piece.length; at += CHUNK) {
        const fits = call.write({ input: { $case: 'data', value: piece.subarray(at, at + CHUNK) } });
        if (!fits && (await Promise.race([once(call, 'drain').then(() => false), ended])))
          return await response;
      }
    }
    if (sent !== size)
      throw new AppError('MESSAGE_MALFORMED', `the body ended after ${sent} of ${size} bytes`, {
        field: 'body',
      });
    call.end();
  } catch (cause) {
    gone.abort();
    // The phone's refusal is the reason; that we could not write on is its consequence.
    if (refusal !== undefined) throw refusal;
    if (cause instanceof AppError) throw cause;
    throw new AppError('CANCELLED', `installing on phone ${phoneId}: the upload broke off`, { cause });
  }
  return response;
}
