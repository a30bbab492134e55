import { type Desired, Wanted } from '@ancloud/contracts/common/v1/common';

/** What was wished of a phone that sends no more pictures. */
export type PhoneEnd = 'stopped' | 'deleted';

/**
 * Why a phone will send no more pictures until somebody wishes otherwise; undefined while it may. `desired`: its record, undefined when there is
 * none; `tombstone`: whether it was deleted, as far as the farm remembers. A record that is missing alone ends nothing: Redis may have been
 * emptied, and hosts tell what they know of it again. Neither does a lost host, a reboot, a reset or a pause. Pure.
 */
export function phoneEnd(
  desired: Pick<Desired, 'wanted'> | undefined,
  tombstone: boolean,
): PhoneEnd | undefined {
  if (desired?.wanted === Wanted.WANTED_STOPPED) return 'stopped';
  const deleted = desired === undefined ? tombstone : desired.wanted === Wanted.WANTED_REMOVED;
  return deleted ? 'deleted' : undefined;
}
