import { Wanted } from '@ancloud/contracts/common/v1/common';
import type { PhoneOperation } from '@ancloud/contracts/gateway/v1/gateway';
import type { AppError, Clock } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import { phoneChanged, phoneDeleting, phoneNotFound, phoneNotRunning, phoneNotStill } from '../errors.js';
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
  start: { wanted: Wanted.WANTED_RUNNING, paused: false, snapshot: false },
  stop: { wanted: Wanted.WANTED_STOPPED, paused: false },
  delete: { wanted: Wanted.WANTED_REMOVED },
  reboot: { onlyRunning: true, count: 'reboots', paused: false, snapshot: false },
  reset: { count: 'resets', dataFrom: '', paused: false, snapshot: false },
  restore: { count: 'resets', paused: false, snapshot: false },
  pause: { onlyRunning: true, paused: true },
  resume: { onlyRunning: true, paused: false, snapshot: false },
  snapshot: { onlyStill: true },
} as const satisfies Record<string, WishChange>;

/** Errors of the store's refusals. */
export const refusals: Readonly<Record<WishRefusal, (phoneId: string) => AppError>> = {
  missing: phoneNotFound,
  deleting: phoneDeleting,
  stopped: phoneNotRunning,
  moving: phoneNotStill,
  changed: phoneChanged,
};

/**
 * Another wish for a phone that exists. Also when the phone already wants this: the new revision makes the host try again,
 * e.g. after a failed boot. `more` is what the kind alone does not say. Errors: PHONE_NOT_FOUND, PHONE_DELETING;
 * PHONE_NOT_RUNNING for what only a running phone can do, PHONE_NOT_STILL for what only one at rest can.
 */
export async function wishPhone(
  parts: WishPhoneParts,
  principal: Principal,
  phoneId: string,
  kind: keyof typeof changeOf,
  more: Pick<WishChange, 'dataFrom' | 'snapshot'> = {},
): Promise<PhoneOperation> {
  const view = await parts.access.load(principal, phoneId);
  const result = more.snapshot === undefined || more.snapshot === false ? '' : more.snapshot.snapshotId;
  const operation = newOperation(kind, { phoneId, owner: view.desired.owner, result }, parts.clock.now());
  const wished = await parts.store.wish(phoneId, { ...changeOf[kind], ...more }, operation);
  if (wished.result !== 'wished') throw refusals[wished.result](phoneId);
  if (view.placement !== undefined) parts.nudge.host(view.placement.hostId, wished.desired);
  parts.finisher.tell(wished.operation);
  return { phone: phoneFrom({ ...view, desired: wished.desired }), operation: wished.operation };
}
