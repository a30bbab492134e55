import type { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import { AppError, type ClientPool } from '@ancloud/kit';
import { primed } from '../api/primed.js';
import type { Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import type { PhoneAccess } from './phone-access.js';

export const tailMax = 10_000;
export const tailDefault = 200;
const DEADLINE_MS = 30_000;

/**
 * The last lines of what the phone's init wrote. Answers after the first piece has come, so that errors are errors and not a
 * cut body. Errors: PHONE_NOT_FOUND, INVALID_ARGUMENT, UNAVAILABLE (host lost).
 */
export async function phoneLog(
  parts: {
    readonly access: PhoneAccess;
    readonly facts: FarmFacts;
    readonly hosts: ClientPool<typeof ContainerServiceClient.service>;
  },
  principal: Principal,
  phoneId: string,
  tailLines: number,
): Promise<AsyncIterable<Uint8Array>> {
  if (!Number.isInteger(tailLines) || tailLines < 0 || tailLines > tailMax)
    throw invalid('tail', tailLines, `tail is outside 0-${tailMax}`, `leave it out for ${tailDefault}`);
  const { placement } = await parts.access.load(principal, phoneId);
  const host = placement === undefined ? undefined : await parts.facts.host(placement.hostId);
  if (host === undefined)
    throw new AppError(
      'UNAVAILABLE',
      `the log of phone ${phoneId} is on host ${placement?.hostId ?? '?'}, which does not answer`,
      {
        field: 'phoneId',
        value: phoneId,
      },
    );
  const stream = parts.hosts
    .get(host.containerAddress)
    .phoneLog({ phoneId, tailLines, follow: false }, { deadlineMs: DEADLINE_MS });
  return primed(stream);
}
