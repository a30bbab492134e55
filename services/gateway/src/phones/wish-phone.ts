import { Wanted } from '@ancloud/contracts/common/v1/common';
import type { PhoneOperation } from '@ancloud/contracts/gateway/v1/gateway';
import type { AppError, Clock } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import { phoneChanged, phoneDeleting, phoneNotFound, phoneNotRunning } from '../errors.js';
import type { Nudge } from '../farm/nudge.js';
import type { OperationFinisher } from '../operations/finish-operations.js';
import { newOperation } from '../operations/new-operation.js';
import { phoneFrom, type PhoneAccess } from './phone-access.js';
import type { PhoneStore, WishChange, WishRefusal } from './phone-store.js';

export interface WishPhoneParts {
  readonly access: PhoneAccess;
  readonly store: PhoneStore;
  readonly nudge: Nudge;
  readonly finisher: OperationFinisher;
  readonly clock: Clock;
}

const changeOf = {
  start: { wanted: Wanted.WANTED_RUNNING, paused: false },
  stop: { wanted: Wanted.WANTED_STOPPED, paused: false },
  delete: { wanted: Wanted.WANTED_REMOVED },
  reboot: { onlyRunning: true, count: 'reboots', paused: false },
  reset: { count: 'resets', paused: false },
  pause: { onlyRunning: true, paused: true },
  resume: { onlyRunning: true, paused: false },
} as const satisfies Record<string, WishChange>;

/** Errors of the store's refusals. */
export const refusals: Readonly<Record<WishRefusal, (phoneId: string) => AppError>> = {
  missing: phoneNotFound,
  deleting: phoneDeleting,
  stopped: phoneNotRunning,
  changed: phoneChanged,
};

/**
 * Another wish for a phone that exists. Also when the phone already wants this: the new revision makes the host try again,
 * e.g. after a failed boot. Errors: PHONE_NOT_FOUND, PHONE_DELETING; PHONE_NOT_RUNNING for what only a
 * running phone can do.
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
