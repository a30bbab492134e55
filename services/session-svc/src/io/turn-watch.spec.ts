import { ControlEvent } from '@ancloud/contracts/input/v1/input';
import type { Size } from '@ancloud/kit';
import { ManualClock } from '@ancloud/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { TurnReadings } from './turn-readings.js';
import { TurnWatch } from './turn-watch.js';

const landscape = { width: 1280, height: 720 };
const key = ControlEvent.fromPartial({ event: { $case: 'key', value: { keycode: 4 } } });

let clock: ManualClock;
let readings: TurnReadings;
beforeEach(() => {
  clock = new ManualClock();
  readings = new TurnReadings(clock);
});

/** A phone whose readings end when the spec says so. */
function phone() {
  const answers: ((size: Size | undefined) => void)[] = [];
  const found: Size[] = [];
  const taken: number[] = [];
  const state = { blind: true, begun: [] as number[] };
  const watch = new TurnWatch({
    clock,
    readings,
    blind: () => state.blind,
    read: () => {
      state.begun.push(clock.monotonic());
      return new Promise((resolve) => answers.push(resolve));
    },
    found: (size) => found.push(size),
  });
  const input = (number: number): void => {
    if (watch.waits) watch.wait(() => taken.push(number));
    else taken.push(number);
  };
  const answer = (size: Size | undefined): Promise<void> => {
    answers.shift()?.(size);
    return clock.advance(0);
  };
  return { watch, state, found, taken, input, answer };
}

describe('TurnWatch', () => {
  it('holds what somebody new does until the phone has said how it is turned, in its order', async () => {
    const { watch, found, taken, input, answer } = phone();
    watch.raised();
    input(1);
    input(2);
    expect(taken).toEqual([]);
    await answer(landscape);
    expect([found, taken]).toEqual([[landscape], [1, 2]]);
    input(3);
    expect(taken).toEqual([1, 2, 3]);
    await clock.advance(10_000);
    expect(clock.pending).toBe(0);
  });

  it('does so for half a second at the longest, and takes what comes then for what it is', async () => {
    const { watch, found, taken, input, answer } = phone();
    watch.raised();
    input(1);
    await clock.advance(499);
    expect(taken).toEqual([]);
    await clock.advance(1);
    expect(taken).toEqual([1]);
    await answer(landscape);
    expect(found).toEqual([landscape]);
  });

  it('holds no more than 256 inputs', () => {
    const { watch, taken, input } = phone();
    watch.raised();
    for (let number = 1; number < 256; number += 1) input(number);
    expect(taken).toHaveLength(0);
    input(256);
    input(257);
    expect(taken).toEqual(Array.from({ length: 257 }, (_, index) => index + 1));
  });

  it('waits for a reading that began after the controls changed hands', async () => {
    const { watch, state, taken, input, answer } = phone();
    watch.did([key]);
    await clock.advance(300);
    expect(state.begun).toEqual([300]);
    watch.raised();
    input(1);
    await answer(undefined);
    expect([taken, state.begun.length]).toEqual([[], 2]);
    await answer(undefined);
    expect(taken).toEqual([1]);
  });

  it('reads twice after inputs, and holds nothing for it', async () => {
    const { watch, state, taken, input, answer } = phone();
    watch.did([key]);
    await clock.advance(200);
    watch.did([key]);
    input(1);
    expect(taken).toEqual([1]);
    await clock.advance(300);
    await answer(landscape);
    await clock.advance(1_200);
    await answer(landscape);
    expect(state.begun).toEqual([500, 1_700]);
    await clock.advance(10_000);
    expect(state.begun).toHaveLength(2);
  });

  it('reads nothing and holds nothing while pictures tell', async () => {
    const { watch, state, found, taken, input, answer } = phone();
    watch.raised();
    state.blind = false;
    await answer(landscape);
    watch.raised();
    watch.did([key]);
    input(1);
    await clock.advance(5_000);
    expect([found, taken, state.begun]).toEqual([[], [1], [0]]);
  });

  it('takes what waits when it ends, and reads no more', async () => {
    const { watch, state, taken, input } = phone();
    watch.did([key]);
    watch.close();
    await clock.advance(5_000);
    watch.raised();
    input(1);
    watch.close();
    watch.close();
    expect([taken, state.begun]).toEqual([[1], [5_000]]);
  });
});

describe('TurnReadings', () => {
  it('reads eight phones at once and forty a second, those that somebody waits for first', async () => {
    const phones = Array.from({ length: 200 }, () => phone());
    for (const { watch } of phones.slice(0, 100)) watch.did([key]);
    await clock.advance(300);
    const begun = (of = phones): number => of.reduce((sum, { state }) => sum + state.begun.length, 0);
    expect(begun()).toBe(8);
    for (const { watch } of phones.slice(100)) watch.raised();
    for (const { answer } of phones.slice(0, 100)) await answer(undefined);
    expect([begun(phones.slice(0, 100)), begun(phones.slice(100))]).toEqual([8, 8]);
    const all = async (ms: number): Promise<void> => {
      for (let at = 0; at < ms; at += 25) {
        for (const { answer } of phones) await answer(undefined);
        await clock.advance(25);
      }
    };
    await all(1_000);
    expect(begun()).toBeGreaterThan(60);
    expect(begun()).toBeLessThanOrEqual(40 + 40 + 8);
    await all(10_000);
    expect(phones.every(({ state }) => state.begun.length > 0)).toBe(true);
  });

  it('reads first those that are waited for still', async () => {
    const phones = Array.from({ length: 100 }, () => phone());
    for (const { watch } of phones) watch.raised();
    // Eight are being read and do not answer; nobody waits for the others any more.
    await clock.advance(500);
    const newest = phone();
    newest.watch.raised();
    for (const { answer } of phones.slice(0, 8)) await answer(undefined);
    await clock.advance(25);
    expect(newest.state.begun).toHaveLength(1);
  });
});
