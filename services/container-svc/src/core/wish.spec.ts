import { type Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import type { Target } from './target.js';
import { decideWish, type WishInput } from './wish.js';

const desired = (epoch: number, revision: number, wanted = Wanted.WANTED_RUNNING): Desired => ({
  phoneId: 'ph_1',
  epoch,
  revision,
  wanted,
  owner: 'o',
  name: 'n',
  createdAtMs: 0,
  reboots: 0,
  resets: 0,
  paused: false,
  dataFrom: '',
});
const target = (epoch: number, revision: number, more: Partial<Target> = {}): Target => ({
  desired: desired(epoch, revision),
  managedBy: 'farm',
  slot: 0,
  ...more,
});
const here = (epoch: number) => ({ hostId: 'here', epoch });
const there = (epoch: number) => ({ hostId: 'there', epoch });
const none: WishInput = {
  hostId: 'here',
  target: undefined,
  desired: undefined,
  placement: undefined,
  tombstoneEpoch: undefined,
  buriedEpoch: undefined,
};

describe('what the farm’s records do to a target', () => {
  it.each<[string, Partial<WishInput>, string]>([
    ['a new phone', { desired: desired(5, 1), placement: here(5) }, 'adopt'],
    ['a new phone whose placement cannot be read', { desired: desired(5, 1) }, 'keep'],
    ['a wish of another placement', { desired: desired(5, 1), placement: here(6) }, 'keep'],
    ['a phone of another host', { desired: desired(5, 1), placement: there(5) }, 'keep'],
    [
      'a phone that was deleted in the farm',
      { desired: desired(5, 1), placement: here(5), tombstoneEpoch: 5 },
      'gone',
    ],
    [
      'a phone that was deleted here, back from an old backup',
      { desired: desired(5, 1), placement: here(5), buriedEpoch: 5 },
      'gone',
    ],
    [
      'an id that is used again after its deletion',
      { desired: desired(6, 1), placement: here(6), tombstoneEpoch: 5, buriedEpoch: 5 },
      'adopt',
    ],
    ['nothing new', { target: target(5, 1), desired: desired(5, 1), placement: here(5) }, 'keep'],
    ['a newer revision', { target: target(5, 1), desired: desired(5, 2), placement: here(5) }, 'adopt'],
    ['a newer epoch here', { target: target(5, 9), desired: desired(6, 1), placement: here(6) }, 'adopt'],
    [
      'an older revision (restored backup)',
      { target: target(5, 3), desired: desired(5, 2), placement: here(5) },
      'keep',
    ],
    ['an older placement elsewhere (restored backup)', { target: target(5, 1), placement: there(4) }, 'keep'],
    ['Redis was emptied', { target: target(5, 1) }, 'keep'],
    ['only the wish is there', { target: target(5, 1), desired: desired(9, 1) }, 'keep'],
    ['placed elsewhere', { target: target(5, 1), desired: desired(6, 1), placement: there(6) }, 'fence'],
    [
      'placed elsewhere, and the wish is not readable',
      { target: target(5, 1), placement: there(6) },
      'fence',
    ],
    ['placed elsewhere with our epoch', { target: target(5, 1), placement: there(5) }, 'fence'],
    [
      'placed here again, and the wish is not readable',
      { target: target(5, 1), placement: here(6) },
      'fence',
    ],
    [
      'fenced already',
      { target: target(5, 1, { fencedBy: { hostId: 'there', epoch: 6 } }), placement: there(6) },
      'keep',
    ],
    [
      'fenced, then placed on a third host',
      { target: target(5, 1, { fencedBy: { hostId: 'there', epoch: 6 } }), placement: there(7) },
      'fence',
    ],
    ['fenced, Redis emptied', { target: target(5, 1, { fencedBy: { hostId: 'there', epoch: 6 } }) }, 'keep'],
    [
      'fenced, an old placement of ours came back',
      {
        target: target(5, 1, { fencedBy: { hostId: 'there', epoch: 6 } }),
        desired: desired(5, 1),
        placement: here(5),
      },
      'keep',
    ],
    [
      'fenced, then placed here again',
      {
        target: target(5, 1, { fencedBy: { hostId: 'there', epoch: 6 } }),
        desired: desired(7, 1),
        placement: here(7),
      },
      'adopt',
    ],
    ['deleted while we were away', { target: target(5, 1), tombstoneEpoch: 5 }, 'remove'],
    [
      'fenced and deleted',
      { target: target(5, 1, { fencedBy: { hostId: 'there', epoch: 6 } }), tombstoneEpoch: 6 },
      'remove',
    ],
    [
      'a tombstone of an earlier life',
      { target: target(5, 1), tombstoneEpoch: 4, desired: desired(5, 1), placement: here(5) },
      'keep',
    ],
    ['buried, and the target’s removal was cut short', { target: target(5, 1), buriedEpoch: 5 }, 'remove'],
    [
      'set on the local socket',
      { target: target(0, 1, { managedBy: 'local' }), desired: desired(5, 1), placement: here(5) },
      'keep',
    ],
  ])('%s', (_, some, kind) => expect(decideWish({ ...none, ...some }).kind).toBe(kind));

  it('lets a phone that is being removed be removed', () => {
    const removing: Target = { ...target(5, 1), desired: desired(5, 2, Wanted.WANTED_REMOVED) };
    expect(decideWish({ ...none, target: removing, tombstoneEpoch: 5 }).kind).toBe('keep');
    expect(decideWish({ ...none, target: removing, buriedEpoch: 5 }).kind).toBe('keep');
  });

  it('names who fences', () => {
    expect(decideWish({ ...none, target: target(5, 1), placement: there(6) })).toEqual({
      kind: 'fence',
      by: there(6),
    });
  });
});
