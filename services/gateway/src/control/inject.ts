import { createHash } from 'node:crypto';
import type { InjectRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { InjectResponse } from '@ancloud/contracts/input/v1/input';
import type { Clock } from '@ancloud/kit';
import { whileComing } from '../farm/while-coming.js';
import type { Principal } from '../auth/principal.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import type { Sessions } from '../phones/session-client.js';
import type { Inputs } from './inputs.js';

/** The longest script is 60 s; beyond, the lease and the answers take their time. */
const DEADLINE_MS = 75_000;

/**
 * Plays input on a phone and returns when it is written there. Errors: PHONE_NOT_FOUND, PHONE_PAUSED, SESSION_NOT_READY, and those of
 * InputService.Inject.
 */
export async function inject(
  parts: {
    readonly access: PhoneAccess;
    readonly sessions: Sessions;
    readonly inputs: Inputs;
    readonly clock: Clock;
  },
  principal: Principal,
  { phoneId, injection, takeOver }: InjectRequest,
  signal?: AbortSignal,
): Promise<InjectResponse> {
  await parts.access.load(principal, phoneId);
  // Says why the phone cannot be touched, where input-svc only knows that nobody answers.
  await parts.sessions.of(phoneId);
  // It has a session now: input-svc hears of it a moment later than we.
  const input = await whileComing(parts.clock, () => parts.inputs.of(phoneId));
  return input.inject(
    { phoneId, injection, takeOver, ...programOf(principal) },
    // Not again when the connection breaks: the phone may have been touched.
    { deadlineMs: DEADLINE_MS, retries: 0, ...(signal === undefined ? {} : { signal }) },
  );
}

/** Who touches: one holder for all programs of a tenant, since what one call presses another may let go. Never a viewer's id. */
export function programOf({ owner }: Principal): { readonly holder: string; readonly by: string } {
  return { holder: `api_${createHash('sha256').update(owner).digest('hex').slice(0, 16)}`, by: owner };
}
