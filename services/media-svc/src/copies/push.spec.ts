import { PushRecord, PushState } from '@ancloud/contracts/state/v1/state';
import { silentLog } from '@ancloud/kit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Push } from './push.js';
import type { LinkEvents } from './push-link.js';

const MINUTE_MS = 60_000;

let links: LinkEvents[];
let closed: string[];
let ended: number;
let push: Push;

beforeEach(() => {
  vi.useFakeTimers();
  links = [];
  closed = [];
  ended = 0;
  push = new Push({
    record: PushRecord.fromPartial({ pushId: 'pu_1', state: PushState.PUSH_STATE_CONNECTING }),
    connect: (events) => {
      links.push(events);
      return { close: (forGood) => closed.push(forGood ? 'for good' : 'for now') };
    },
    finish: () => closed.push('finished'),
    failed: () => undefined,
    ended: () => (ended += 1),
    log: silentLog,
  });
  push.begin();
});
afterEach(() => {
  push.close('the test is over', false);
  vi.useRealTimers();
});

it('tries again, slower each time, until it has sent nothing for 10 minutes', async () => {
  for (let tries = 1; push.running; tries += 1) {
    expect(links).toHaveLength(tries);
    links.at(-1)?.ended('nobody answers');
    await vi.advanceTimersByTimeAsync(30_000);
  }
  expect(push.record).toMatchObject({
    state: PushState.PUSH_STATE_ENDED,
    reason: 'nothing was sent for 10 minutes: nobody answers',
  });
  expect(links.length).toBeGreaterThan(15);
  expect([ended, closed]).toEqual([1, ['finished']]);
});

it('outlives a cut after a screen has stood still for long, and is patient from then on', async () => {
  links.at(-1)?.sent(1);
  await vi.advanceTimersByTimeAsync(60 * MINUTE_MS);
  links.at(-1)?.ended('the server was restarted');
  expect(push.record).toMatchObject({
    state: PushState.PUSH_STATE_CONNECTING,
    reason: 'the server was restarted',
  });
  await vi.advanceTimersByTimeAsync(9 * MINUTE_MS);
  links.at(-1)?.ended('nobody answers');
  expect(push.running).toBe(true);
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  links.at(-1)?.ended('nobody answers');
  expect(push.running).toBe(false);
});

it('counts what all connections have sent', async () => {
  links.at(-1)?.sent(7);
  links.at(-1)?.ended('the server was restarted');
  await vi.advanceTimersByTimeAsync(1_000);
  links.at(-1)?.sent(2);
  expect(push.record).toMatchObject({ state: PushState.PUSH_STATE_LIVE, reason: '', frames: 9 });
});

it('nothing begins after its end, which the connection there is hears of', async () => {
  push.close('it was stopped', true);
  push.close('and again', false);
  links.at(-1)?.ended('too late');
  links.at(-1)?.sent(1);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(links).toHaveLength(1);
  expect(closed).toEqual(['for good']);
  expect(push.record).toMatchObject({
    state: PushState.PUSH_STATE_ENDED,
    reason: 'it was stopped',
    frames: 0,
  });
});
