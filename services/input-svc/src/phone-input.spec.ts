import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settle, type Staged, stagePhoneInput, touch } from './phone-input.fixture.js';

const heartbeat = ViewerInput.encode(
  ViewerInput.fromPartial({ input: { $case: 'heartbeat', value: { gesture: 1 } } }),
).finish();

describe('PhoneInput', () => {
  let input: Staged['input'];
  let lease: Staged['lease'];
  let sent: Staged['sent'];
  let told: Staged['told'];
  let done: Staged['done'];
  let words: Staged['words'];
  beforeEach(() => {
    ({ input, lease, sent, told, done, words } = stagePhoneInput());
  });
  afterEach(() => vi.useRealTimers());

  it('sends nothing of a new holder before its fence is known, and then all of it in order', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_UP, []));
    await settle();
    expect(sent).toEqual([]);
    lease.asked[0]?.give(7);
    await settle();
    expect(words()).toEqual(['7:touch1', '7:touch2']);
    expect(told).toContain('holder a');
  });

  it("lifts the old holder's fingers under the old fence before anything of the new one", async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    void input.grant('b', 'control', 'acme');
    input.message('b', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[1]?.give(9);
    await settle();
    expect(words()).toEqual(['7:touch1', '7:liftAll', '9:touch1']);
  });

  it('says what its holder did, and that it let go; not what was refused, nor what others are', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.message('b', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_MOVE));
    await settle();
    expect(done).toEqual(['a control touch']);
    input.went('a', 'c1');
    await settle();
    expect(done).toEqual(['a control touch', 'a let go']);
  });

  it('refuses a second toucher and tells it', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.message('b', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    expect(told).toContain('b refused CONTROL_NOT_HELD');
    expect(words()).toEqual(['7:touch1']);
  });

  it('lets a mouse pass over the picture without taking the controls, and says nothing of it', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_HOVER));
    await settle();
    expect(lease.asked).toEqual([]);
    expect(input.holder).toBe('');
    expect(told).toEqual([]);
  });

  it('says nothing of who was displaced before its fence was known', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    input.message('o', 'owner', touch(5, TouchAction.TOUCH_ACTION_DOWN));
    lease.asked[0]?.give(7);
    await settle();
    lease.asked[1]?.give(8);
    await settle();
    expect(words()).toEqual(['8:touch5']);
    input.went('o', 'c1');
    // Its finger is no longer waited for.
    for (const down of [true, false]) {
      const key = { input: { $case: 'key', value: { keycode: 51, down, beats: true } } } as const;
      input.message('a', 'control', ViewerInput.encode(ViewerInput.fromPartial(key)).finish());
    }
    await settle();
    lease.asked.at(-1)?.give(10);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(words()).toEqual(['8:touch5', '8:liftAll', '10:key', '10:key']);
  });

  it('is not kept from noticing a silence by the heartbeats of another', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    for (let i = 0; i < 4; i++) {
      await vi.advanceTimersByTimeAsync(250);
      input.message('b', 'control', heartbeat);
    }
    await vi.advanceTimersByTimeAsync(2);
    expect(words()).toEqual(['7:touch1', '7:liftAll']);
    expect(done.filter((one) => one.startsWith('b'))).toEqual([]);
    // Its gesture is over, not that of the next holder's by the same number.
    input.went('a', 'c1');
    input.message('b', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE));
    expect(done.at(-1)).toBe('b control touch');
  });

  it('lifts after a second of silence, not before, and a heartbeat keeps the touch', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    for (let i = 0; i < 8; i++) {
      await vi.advanceTimersByTimeAsync(250);
      input.message('a', 'control', heartbeat);
    }
    expect(words()).toEqual(['7:touch1']);
    await vi.advanceTimersByTimeAsync(1_002);
    expect(words()).toEqual(['7:touch1', '7:liftAll']);
  });

  describe('of a viewer that holds a key', () => {
    const say = (value: object): void =>
      input.message('a', 'control', ViewerInput.encode(ViewerInput.fromPartial(value)).finish());
    const key = (keycode: number, down: boolean, beats = true): void =>
      say({ input: { $case: 'key', value: { keycode, down, beats } } });
    const beat = (): void => say({ input: { $case: 'heartbeat', value: { gesture: 0 } } });
    const holds = async (...keys: Parameters<typeof key>): Promise<void> => {
      key(...keys);
      await settle();
      lease.asked[0]?.give(7);
      await settle();
    };

    it('lifts after a second of silence, not before, and not when the key is up', async () => {
      await holds(51, true);
      for (let i = 0; i < 8; i++) {
        await vi.advanceTimersByTimeAsync(250);
        beat();
      }
      expect(words()).toEqual(['7:key']);
      key(62, true);
      key(62, false);
      await vi.advanceTimersByTimeAsync(1_002);
      expect(words()).toEqual(['7:key', '7:key', '7:key', '7:liftAll']);
      key(51, true);
      key(51, false);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(words()).toEqual(['7:key', '7:key', '7:key', '7:liftAll', '7:key', '7:key']);
    });

    it('tells it that its keys were let go: only it knows which it still holds. Of fingers it tells nothing', async () => {
      await holds(51, true);
      expect(told).not.toContain('a lifted');
      await vi.advanceTimersByTimeAsync(1_002);
      expect(told.at(-1)).toBe('a lifted');
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await vi.advanceTimersByTimeAsync(1_002);
      expect(words().slice(1)).toEqual(['7:liftAll', '7:touch1', '7:liftAll']);
      // Of the gesture that is over the phone takes no more, so nobody else does.
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE));
      expect(done.slice(1)).toEqual(['lifted', 'a control touch', 'lifted']);
      expect(told.filter((one) => one === 'a lifted')).toHaveLength(1);
    });

    it('lifts when its viewer comes by another connection: what it let go meanwhile was told to nobody', async () => {
      await holds(51, true);
      input.came('a', 'control', 'c2');
      await settle();
      expect(words()).toEqual(['7:key', '7:liftAll']);
      input.came('a', 'control', 'c3');
      await vi.advanceTimersByTimeAsync(2_000);
      expect(words()).toEqual(['7:key', '7:liftAll']);
    });

    it('waits for the end of the connection when its player does not beat', async () => {
      await holds(51, true, false);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(words()).toEqual(['7:key']);
      input.went('a', 'c1');
      await settle();
      expect(words()).toEqual(['7:key', '7:liftAll']);
    });

    it('tells the phone’s session each ten seconds that it is meant', async () => {
      await holds(51, true);
      for (let i = 0; i < 100; i++) {
        await vi.advanceTimersByTimeAsync(250);
        beat();
      }
      expect(sent.map(({ fence, events }) => [fence, events.length])).toEqual([
        [7, 1],
        [7, 0],
        [7, 0],
        [7, 0],
      ]);
    });
  });

  it('keeps the controls for a holder who has come back when its old connection ends', async () => {
    input.came('a', 'control', 'c1');
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    // Its numbers begin anew with the connection that they come by, not when that is told once more.
    input.came('a', 'control', 'c2');
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    input.came('a', 'control', 'c2');
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    expect(input.went('a', 'c1')).toBe(false);
    await settle();
    expect([input.holder, words()]).toEqual(['a', ['7:touch1', '7:touch1']]);
    expect(input.went('a', 'c2')).toBe(true);
    await settle();
    expect([input.holder, words().at(-1)]).toEqual(['', '7:liftAll']);
  });

  it('frees the controls when the holder is gone', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    input.went('a', 'c1');
    await settle();
    expect(words()).toEqual(['7:touch1', '7:liftAll']);
    expect(input.holder).toBe('');
  });

  it('gives up a holder whose lease cannot be taken', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(undefined);
    await settle();
    expect(input.holder).toBe('');
    expect(sent).toEqual([]);
    expect(told).toContain('a refused UNAVAILABLE_STATE');
  });

  it('tells everybody that nobody holds the controls when who took them cannot have them', async () => {
    input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[0]?.give(7);
    await settle();
    input.message('o', 'owner', touch(1, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[1]?.give(undefined);
    await settle();
    expect(told.slice(-3)).toEqual(['holder a', 'holder ', 'o refused UNAVAILABLE_STATE']);
    input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_DOWN));
    await settle();
    lease.asked[2]?.give(8);
    await settle();
    input.went('a', 'c1');
    await settle();
    lease.asked[3]?.give(undefined);
    await settle();
    expect(told.slice(-2)).toEqual(['holder a', 'holder ']);
  });

  it('drops what is not a message and says so', () => {
    input.message('a', 'control', Uint8Array.of(0xff, 0xff, 0xff));
    expect(told).toEqual(['a refused MESSAGE_MALFORMED']);
  });
});
