import type { Desired } from '@ancloud/contracts/common/v1/common';
import { type Fence, goalOf, isNewer, type Target } from './target.js';

/** Everything known about one phone's wish, read in one go. Absent records are `undefined`: they mean nothing by themselves. */
export interface WishInput {
  readonly hostId: string;
  readonly target: Target | undefined;
  readonly desired: Desired | undefined;
  readonly placement: { readonly hostId: string; readonly epoch: number } | undefined;
  /** Epoch of the farm's tombstone. */
  readonly tombstoneEpoch: number | undefined;
  /** Epoch of the tombstone on this host's own disk. */
  readonly buriedEpoch: number | undefined;
}

export type WishDecision =
  | { readonly kind: 'keep'; readonly why: string }
  | { readonly kind: 'adopt'; readonly desired: Desired }
  | { readonly kind: 'fence'; readonly by: Fence }
  /** The phone was deleted while this host did not listen. */
  | { readonly kind: 'remove'; readonly epoch: number }
  /** Deleted here already: tell so again, start nothing. */
  | { readonly kind: 'gone'; readonly epoch: number; readonly revision: number };

/**
 * What the farm's records do to the target on this host's disk.
 *
 * A phone is stopped only when a record NAMES another host or epoch. A record that is absent, older or half written changes
 * nothing: that is what lets phones run on over an emptied or restored Redis. Of two claims the higher epoch wins.
 */
export function decideWish(input: WishInput): WishDecision {
  const { hostId, target, desired, placement, tombstoneEpoch, buriedEpoch } = input;
  if (target === undefined) return firstWish(input);
  if (target.managedBy === 'local') return { kind: 'keep', why: 'set on the local socket' };
  const known = target.desired;
  if (tombstoneEpoch !== undefined && tombstoneEpoch >= known.epoch) {
    return goalOf(target) === 'removed' && target.fencedBy === undefined
      ? { kind: 'keep', why: 'being removed' }
      : { kind: 'remove', epoch: tombstoneEpoch };
  }
  if (buriedEpoch !== undefined && buriedEpoch >= known.epoch && goalOf(target) !== 'removed')
    return { kind: 'remove', epoch: buriedEpoch };
  if (placement === undefined) return { kind: 'keep', why: 'no placement is recorded' };
  const held = Math.max(known.epoch, target.fencedBy?.epoch ?? 0);
  if (placement.epoch < held) return { kind: 'keep', why: 'the recorded placement is older than ours' };
  if (placement.hostId !== hostId) {
    const named = { hostId: placement.hostId, epoch: placement.epoch };
    if (target.fencedBy?.epoch === named.epoch) return { kind: 'keep', why: 'fenced already' };
    // Two hosts with one epoch cannot come from one gateway script; the record decides.
    return { kind: 'fence', by: named };
  }
  if (desired !== undefined && desired.epoch === placement.epoch) {
    return target.fencedBy !== undefined || isNewer(desired, known)
      ? { kind: 'adopt', desired }
      : { kind: 'keep', why: 'nothing newer' };
  }
  if (placement.epoch > known.epoch && target.fencedBy?.epoch !== placement.epoch)
    return { kind: 'fence', by: { hostId, epoch: placement.epoch } };
  return { kind: 'keep', why: 'the wish of this placement is not readable' };
}

function firstWish({ hostId, desired, placement, tombstoneEpoch, buriedEpoch }: WishInput): WishDecision {
  if (desired === undefined || placement === undefined) return { kind: 'keep', why: 'no wish is recorded' };
  if (placement.hostId !== hostId) return { kind: 'keep', why: 'placed on another host' };
  if (placement.epoch !== desired.epoch) return { kind: 'keep', why: 'wish and placement are of two epochs' };
  const dead = Math.max(tombstoneEpoch ?? -1, buriedEpoch ?? -1);
  if (dead >= desired.epoch) return { kind: 'gone', epoch: desired.epoch, revision: desired.revision };
  return { kind: 'adopt', desired };
}
