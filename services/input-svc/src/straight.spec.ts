import { TouchAction } from '@ancloud/contracts/input/v1/viewer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settle, type Staged, stagePhoneInput, touch } from './phone-input.fixture.js';

describe('the holder’s straight way', () => {
  let input: Staged['input'];
  let lease: Staged['lease'];
  let sent: Staged['sent'];
  let told: Staged['told'];
  let done: Staged['done'];
  let asked: Staged['asked'];
  let words: Staged['words'];
  let holds: Staged['holds'];
  beforeEach(() => {
    ({ input, lease, sent, told, done, asked, words, holds } = stagePhoneInput());
  });
  afterEach(() => vi.useRealTimers());

  it('is asked of the session under the holder’s fence, and begins behind all that it said before', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    const offered = input.straight.offer('a');
    await holds('a', 7);
    expect(asked.map(({ of }) => of)).toEqual(['7 a']);
    asked[0]?.answer(3);
    expect(await offered).toMatchObject({ lane: 3 });
    input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE));
    input.straight.begins(4);
    input.straight.begins(3);
    await settle();
    expect(sent.map(({ events, straight }) => [events.length, straight])).toEqual([
      [1, undefined],
      [1, undefined],
      [0, 3],
    ]);
    expect(sent.at(-1)?.fence).toBe(7);
  });

  it('leaves here a copy, by which all goes on but the sending', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await holds('a', 7);
    input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE), true);
    // It came by both ways: the later one is stale.
    input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE));
    await settle();
    expect([words(), done]).toEqual([['7:touch1'], ['a control touch', 'a control touch']]);
    // The holder is at work: nobody gets its turn, and its silence is noticed.
    await vi.advanceTimersByTimeAsync(900);
    input.message('a', 'control', touch(3, TouchAction.TOUCH_ACTION_MOVE), true);
    await vi.advanceTimersByTimeAsync(900);
    expect(words()).toEqual(['7:touch1']);
    await vi.advanceTimersByTimeAsync(102);
    expect(words()).toEqual(['7:touch1', '7:liftAll']);
  });

  it('is one for each end of its connection', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    const offers = [input.straight.offer('a'), input.straight.offer('a')];
    await holds('a', 7);
    for (const [index, { answer }] of asked.entries()) answer(3 + index);
    await Promise.all(offers);
    for (const lane of [3, 4, 3]) input.straight.begins(lane);
    expect(sent.flatMap(({ straight }) => straight ?? [])).toEqual([3, 4]);
  });

  it('ends with its fence: a lane of before does not begin under the next one', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    const before = input.straight.offer('a');
    await holds('a', 7);
    asked[0]?.answer(3);
    await before;
    input.message('o', 'owner', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await holds('o', 8);
    const now = input.straight.offer('o');
    await settle();
    input.straight.begins(3);
    asked[1]?.answer(4);
    await now;
    for (const lane of [3, 4]) input.straight.begins(lane);
    expect(sent.filter(({ straight }) => straight !== undefined)).toEqual([
      { fence: 8, events: [], ack: 0, straight: 4 },
    ]);
  });

  it('is over when its holder is let go, though Redis is away and nobody gets a fence', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await holds('a', 7);
    // A lift alone ends nothing.
    await vi.advanceTimersByTimeAsync(1_002);
    expect(sent.map(({ over }) => over)).toEqual([undefined, undefined]);
    input.message('o', 'owner', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    const over = { fence: 7, over: true, events: [{ event: { $case: 'liftAll' } }] };
    expect(sent.slice(2)).toMatchObject([over]);
    await settle();
    lease.asked[1]?.give(undefined);
    await settle();
    expect([input.holder, told.at(-2), sent.length]).toEqual(['', 'holder ', 3]);
    await expect(input.straight.offer('a')).rejects.toMatchObject({ code: 'CONTROL_NOT_HELD' });
    // Redis is back.
    input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_DOWN));
    await holds('a', 9);
    void input.straight.offer('a');
    await settle();
    expect([words().at(-1), asked.at(-1)?.of]).toEqual(['9:touch2', '9 a']);
  });

  it('is not given to who does not hold the controls, nor when they went meanwhile', async () => {
    await expect(input.straight.offer('b')).rejects.toMatchObject({ code: 'CONTROL_NOT_HELD' });
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await holds('a', 7);
    await expect(input.straight.offer('b')).rejects.toMatchObject({ code: 'CONTROL_NOT_HELD' });
    const late = input.straight.offer('a').catch((error: unknown) => error);
    await settle();
    input.went('a', 'c1');
    asked[0]?.answer(3);
    expect(await late).toMatchObject({ code: 'CONTROL_NOT_HELD' });
    input.straight.begins(3);
    expect(sent.filter(({ straight }) => straight !== undefined)).toEqual([]);
  });
});
