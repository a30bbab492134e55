import { type Desired, Wanted } from '@ancloud/contracts/common/v1/common';

/** What shall be, as this host was told: `state/<phone>.json`, written before anything is done about it. */
export interface Target {
  /** The wish. For phones of the local socket it is made here: epoch 0, revision counted here. */
  readonly desired: Desired;
  /** Who tells: a farm by its records, or `StartContainer` on the local socket. */
  readonly managedBy: 'farm' | 'local';
  /** Which address of the host's subnet the phone has; unique on this host, kept as long as the target. */
  readonly slot: number;
  /** The placement that took the phone away from this host: it must not run here, its data stays. */
  readonly fencedBy?: Fence;
}

export interface Fence {
  readonly hostId: string;
  readonly epoch: number;
}

/** The three things a target can ask for; a fenced phone is stopped whatever its wish says. */
export type Goal = 'running' | 'stopped' | 'removed';

export function goalOf(target: Target): Goal {
  if (target.fencedBy !== undefined) return 'stopped';
  if (target.desired.wanted === Wanted.WANTED_RUNNING) return 'running';
  return target.desired.wanted === Wanted.WANTED_REMOVED ? 'removed' : 'stopped';
}

/** Order of wishes: a higher epoch wins, then a higher revision. */
export function isNewer(
  a: { readonly epoch: number; readonly revision: number },
  b: { readonly epoch: number; readonly revision: number },
): boolean {
  return a.epoch === b.epoch ? a.revision > b.revision : a.epoch > b.epoch;
}

/** Reason and message of a phone that is another host's. */
export function fenceOf({ fencedBy: by }: Target): [string, string] | [] {
  if (by === undefined) return [];
  return ['Fenced', `the placement names host ${by.hostId} with epoch ${by.epoch}; the data stays here`];
}
