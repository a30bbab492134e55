import { Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import { Placement, PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { describe, expect, it } from 'vitest';
import { type IdleFacts, idlers } from './idle.js';

const NOW = 10_000_000;

function phone(
  over: {
    readonly minutes?: number;
    readonly paused?: boolean;
    readonly stage?: Stage;
    readonly viewers?: number;
    readonly pinned?: number;
  } = {},
): IdleFacts {
  const { minutes = 5, paused = false, stage = Stage.STAGE_READY, viewers, pinned = 0 } = over;
  return {
    desired: Desired.fromPartial({
      phoneId: 'ph_1',
      epoch: 1,
      wanted: Wanted.WANTED_RUNNING,
      paused,
      spec: { idlePauseMinutes: minutes },
    }),
    placement: Placement.fromPartial({ hostId: 'h1', epoch: 1 }),
    status: PhoneStatus.fromPartial({ epoch: 1, stage }),
    hostAlive: true,
    stream: viewers === undefined ? undefined : { viewers, pinned },
  };
}

describe('idlers', () => {
  it('counts from when a phone was first seen idle', () => {
    const first = idlers(new Map(), [phone()], NOW);
    expect([[...first.since], first.due]).toEqual([[['ph_1', NOW]], []]);
    expect(idlers(first.since, [phone()], NOW + 299_999).due).toEqual([]);
    const due = idlers(first.since, [phone()], NOW + 300_000);
    expect(due.due.map(({ desired }) => desired.phoneId)).toEqual(['ph_1']);
  });

  it.each<[string, IdleFacts]>([
    ['has no policy', phone({ minutes: 0 })],
    ['is watched', phone({ viewers: 1 })],
    ['is watched, and a thumbnail', phone({ viewers: 2, pinned: 1 })],
    ['is paused', phone({ paused: true, stage: Stage.STAGE_PAUSED })],
    ['shall be paused', phone({ paused: true })],
    ['boots', phone({ stage: Stage.STAGE_BOOTING })],
    ['is on a lost host', { ...phone(), hostAlive: false }],
  ])('forgets the time of a phone that %s', (_, facts) => {
    expect(idlers(new Map([['ph_1', 0]]), [facts], NOW)).toEqual({ since: new Map(), due: [] });
  });

  it.each([{ viewers: 0 }, { viewers: 1, pinned: 1 }, { viewers: 1, pinned: 2 }])(
    'takes a stream without viewers but thumbnails for nobody: %j',
    (stream) => {
      expect(idlers(new Map([['ph_1', 0]]), [phone(stream)], NOW).due).toHaveLength(1);
    },
  );
});
