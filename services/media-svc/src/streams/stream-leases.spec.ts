import { silentLog } from '@ancloud/kit';
import type { State } from '@ancloud/state';
import { beforeEach, expect, it } from 'vitest';
import { StreamLeases } from './stream-leases.js';

/** What the holder answers, and what Redis says of its lease then. */
let answer: 'serves' | 'gone' | 'silent' | 'vanished';
let holder: string;
let restMs: number;
/** It renews while it is waited for. */
let renews: boolean;
/** How it was asked for: '0' = when it is free, `=<owner>` = from that one. */
let asked: unknown[];

const state = {
  script: ({ name }: { name: string }, _keys: unknown, args: readonly unknown[]) => {
    if (name === 'readLease') {
      const view = [holder, '7', restMs];
      restMs = renews ? 6_000 : restMs - 1_000;
      return Promise.resolve(view);
    }
    if (name !== 'acquireLease') return Promise.resolve(1);
    asked.push(args[2]);
    return Promise.resolve(args[2] === '0' ? [0, '7', 6_000, 'media-1:p'] : [1, '8', 6_000]);
  },
} as unknown as State;

const seek = async (): Promise<string> => {
  const leases = new StreamLeases({
    mediaId: 'media-2',
    process: 'q',
    peers: { ask: () => Promise.resolve(answer) },
    state,
    log: silentLog,
  });
  const carrier = await leases.seek('ph_1');
  await carrier.lease?.release();
  return carrier.lease === undefined ? carrier.mediaId : 'ours';
};

beforeEach(() => {
  answer = 'serves';
  holder = 'media-1:p';
  restMs = 5_500;
  renews = false;
  asked = [];
});

it('one that serves keeps its lease', async () => {
  expect(await seek()).toBe('media-1');
  expect(asked).toEqual(['0']);
});

it('one that is gone loses it, to the first who knows', async () => {
  answer = 'gone';
  expect(await seek()).toBe('ours');
  expect(asked).toEqual(['0', '=media-1:p']);
});

it.each([
  [5_500, 'media-1'],
  // Renewed each half a second: it has been late for 2.5 s.
  [3_010, 'media-1'],
  [3_000, 'ours'],
  [10, 'ours'],
])('one that answers nothing, with %s ms of its lease left: %s', async (left, whose) => {
  answer = 'silent';
  restMs = left;
  expect(await seek()).toBe(whose);
});

it('one that answers nothing and has lost it meanwhile is not what the next one loses it for', async () => {
  answer = 'silent';
  restMs = 10;
  holder = 'media-3:r';
  expect(await seek()).toBe('media-1');
});

it.each([
  [4_750, false, 'ours'],
  // Waited for: its last renewal is not old enough yet.
  [5_500, false, 'ours'],
  [5_500, true, 'media-1'],
  // It was renewed just now.
  [5_900, false, 'media-1'],
])('one that has no pulse, with %s ms of its lease left (renews: %s): %s', async (left, again, whose) => {
  answer = 'vanished';
  restMs = left;
  renews = again;
  expect(await seek()).toBe(whose);
});
