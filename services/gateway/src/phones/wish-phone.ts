import { Wanted } from '@ancloud/contracts/common/v1/common';
import type { PhoneOperation } from '@ancloud/contracts/gateway/v1/gateway';
import type { Clock } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import { phoneDeleting, phoneNotFound, phoneNotRunning } from '../errors.js';
import type { Nudge } from '../farm/nudge.js';
import type { OperationFinisher } from '../operations/finish-operations.js';
import { newOperation } from '../operations/new-operation.js';
import { phoneFrom, type PhoneAccess } from './phone-access.js';
import type { PhoneStore, WishChange } from './phone-store.js';

export interface WishPhoneParts {
  readonly access: PhoneAccess;
  readonly store: PhoneStore;
  readonly nudge: Nudge;
  readonly finisher: OperationFinisher;
  readonly clock: Clock;
}

const changeOf = {
  start: { wanted: Wanted.WANTED_RUNNING },
  stop: { wanted: Wanted.WANTED_STOPPED },
  delete: { wanted: Wanted.WANTED_REMOVED },
  reboot: { onlyRunning: true, count: 'reboots' },
  reset: { count: 'resets' },
} as const satisfies Record<string, WishChange>;

const refusals = { missing: phoneNotFound, deleting: phoneDeleting, stopped: phoneNotRunning } as const;

/**
 * Another wish for a phone that exists. Also when the phone already wants this: the new revision makes the host try again,
 * e.g. after a failed boot. Errors: PHONE_NOT_FOUND, PHONE_DELETING; PHONE_NOT_RUNNING for a reboot.
 */
export async function wishPhone(
  parts: WishPhoneParts,
  principal: Principal,
  phoneId: string,
  kind: keyof typeof changeOf,
): Promise<PhoneOperation> {
  const view = await parts.access.load(principal, phoneId);
  const operation = newOperation(kind, { phoneId, owner: view.desired.owner }, parts.clock.now());
  const result = await parts.store.wish(phoneId, changeOf[kind], operation);
  if (result.result !== 'wished') throw refusals[result.result](phoneId);
  if (view.placement !== undefined) parts.nudge.host(view.placement.hostId, result.desired);
  parts.finisher.tell(result.operation);
  return { phone: phoneFrom({ ...view, desired: result.desired }), operation: result.operation };
}
