import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PhoneInput } from './phone-input.js';
import { settle, type Staged, stagePhoneInput, touch } from './phone-input.fixture.js';

/** So many may wait for the controls. */
const LINE = 16;

describe('PhoneInput', () => {
  let input: Staged['input'];
  let options: Staged['options'];
  let lease: Staged['lease'];
  let sent: Staged['sent'];
  let told: Staged['told'];
  let audited: Staged['audited'];
  let counts: Staged['counts'];
  let words: Staged['words'];
  let holds: Staged['holds'];
  beforeEach(() => {
    ({ input, options, lease, sent, told, audited, counts, words, holds } = stagePhoneInput());
  });
  afterEach(() => vi.useRealTimers());

  const wish = (want: boolean, to = ''): Uint8Array =>
    ViewerInput.encode(
      ViewerInput.fromPartial({ input: { $case: 'control', value: { want, to } } }),
    ).finish();

  describe('a gamepad', () => {
    const pad = (sequence: number, buttons = 1): Uint8Array =>
      ViewerInput.encode(
        ViewerInput.fromPartial({ input: { $case: 'pad', value: { sequence, buttons } } }),
      ).finish();

    it('is taken from who holds the controls, in its order, and is let go when its viewer falls silent', async () => {
      input.message('a', 'control', pad(2));
      await holds('a', 7);
      input.message('a', 'control', pad(1, 3));
      input.message('b', 'control', pad(9));
      input.message('a', 'control', pad(3, 0));
      input.message('a', 'control', pad(4));
      await settle();
      expect(words()).toEqual(['7:pad', '7:pad', '7:pad']);
      expect(told).toContain('b refused CONTROL_NOT_HELD');
      await vi.advanceTimersByTimeAsync(2_000);
      expect(words().at(-1)).toBe('7:liftAll');
    });

    it('is let go when its viewer leaves', async () => {
      input.came('a', 'control', 'c1');
      input.message('a', 'control', pad(1));
      await holds('a', 7);
      input.went('a', 'c1');
      expect(words()).toEqual(['7:pad', '7:liftAll']);
    });
  });

  describe('a revocation', () => {
    it('of the holder raises the fence and waits for the session to say so', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      const revoked = input.revoke('a', 'acme');
      // Told twice, by the fact and by the call: one revocation, one answer.
      const again = input.revoke('a', 'the gateway');
      await holds('', 9);
      expect(sent.at(-1)).toEqual({ fence: 9, events: [], ack: 1 });
      input.acknowledged({ ack: 1, fence: 9, refused: '' });
      const answer = { held: true, fence: 9, acknowledged: true };
      expect([await revoked, await again]).toEqual([answer, answer]);
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE));
      await settle();
      expect(input.holder).toBe('');
      expect(words()).toEqual(['7:touch1', '7:liftAll']);
      expect(audited).toMatchObject([
        { what: 'took', viewerId: 'a', how: 'touched' },
        { what: 'revoked', viewerId: 'a', how: 'by acme' },
        { what: 'ended', viewerId: 'a', inputs: 1 },
      ]);
    });

    it('says that nothing answered, and asks again when it is repeated', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      const revoked = input.revoke('a', 'acme');
      await holds('', 9);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(await revoked).toEqual({ held: true, fence: 9, acknowledged: false });
      const again = input.revoke('a', 'acme');
      await settle();
      input.acknowledged({ ack: 2, fence: 9, refused: '' });
      expect(await again).toEqual({ held: true, fence: 9, acknowledged: true });
    });

    it('has no fence while Redis is away, and raises it when it is repeated', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      const revoked = input.revoke('a', 'acme');
      expect(sent.at(-1)).toMatchObject({ fence: 7, over: true });
      await settle();
      lease.asked.at(-1)?.give(undefined);
      expect(await revoked).toEqual({ held: true, fence: 0, acknowledged: false });
      const again = input.revoke('a', 'acme');
      await holds('', 9);
      input.acknowledged({ ack: 1, fence: 9, refused: '' });
      expect(await again).toEqual({ held: true, fence: 9, acknowledged: true });
    });

    it('of another does not disturb the holder', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      expect(await input.revoke('b', 'acme')).toEqual({ held: false, fence: 0, acknowledged: true });
      expect([input.holder, words()]).toEqual(['a', ['7:touch1']]);
    });
  });

  describe('the controls', () => {
    it('are not taken by the lift of what was refused, but by the next press', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_UP, []));
      await vi.advanceTimersByTimeAsync(9_990);
      input.message('b', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await vi.advanceTimersByTimeAsync(40);
      input.message('b', 'control', touch(2, TouchAction.TOUCH_ACTION_UP, []));
      await settle();
      expect(input.holder).toBe('a');
      input.message('b', 'control', touch(3, TouchAction.TOUCH_ACTION_DOWN));
      await holds('b', 8);
      expect(words().at(-1)).toBe('8:touch3');
    });

    it('go to who asked when the holder rests, and everybody hears who waits', async () => {
      input.came('b', 'control', 'c2');
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      input.message('b', 'control', wish(true));
      expect(told.filter((one) => one.includes('refused'))).toEqual([]);
      expect(input.controls.asking).toEqual(['b']);
      await vi.advanceTimersByTimeAsync(1_000);
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_UP, []));
      await vi.advanceTimersByTimeAsync(1_900);
      expect(input.holder).toBe('a');
      await vi.advanceTimersByTimeAsync(200);
      await holds('b', 9);
      expect([input.holder, input.controls.asking]).toEqual(['b', []]);
    });

    it('are handed over by their holder alone, to one who may touch', async () => {
      input.came('b', 'control', 'c2');
      input.came('w', 'watch', 'c3');
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      for (const to of ['w', 'nobody']) input.message('a', 'control', wish(false, to));
      input.message('b', 'control', wish(false, 'b'));
      expect(told.filter((one) => one.includes('refused'))).toEqual([
        'a refused FORBIDDEN',
        'a refused VIEWER_NOT_FOUND',
        'b refused CONTROL_NOT_HELD',
      ]);
      expect(counts).toEqual(['accepted', 'refused', 'refused', 'refused']);
      input.message('a', 'control', wish(false, 'b'));
      await holds('b', 9);
      expect(input.holder).toBe('b');
      expect(audited.at(-1)).toMatchObject({ what: 'took', viewerId: 'b', how: 'handed over by a' });
      // Each is counted by itself.
      input.message('b', 'control', wish(false));
      expect(audited.at(-1)).toMatchObject({ what: 'ended', viewerId: 'b', how: 'gave them up', inputs: 0 });
    });

    it('are not asked for a thousand times a second', async () => {
      input.came('b', 'control', 'c2');
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      const before = told.length;
      for (let i = 0; i < 500; i += 1) input.message('b', 'control', wish(i % 2 === 0));
      // Ten of them, each told to all and to who asked; the rest is refused.
      expect(told.slice(before).filter((one) => !one.includes('refused')).length).toBeLessThanOrEqual(20);
      expect(told.at(-1)).toBe('b refused RATE_LIMITED');
      expect(counts.filter((what) => what === 'refused')).toHaveLength(490);
    });

    it('have a line that is full one day, and a phone that has not told its size takes nothing: both are counted', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      for (let i = 0; i <= LINE; i += 1) input.message(`b${i}`, 'control', wish(true));
      expect(told.at(-1)).toBe(`b${LINE} refused CONTROL_NOT_HELD`);
      expect(counts).toEqual(['accepted', 'refused']);
      const early = new PhoneInput(options);
      early.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      expect(told.at(-1)).toBe('a refused SESSION_NOT_READY');
      expect(counts).toEqual(['accepted', 'refused', 'refused']);
    });

    it('are taken by an owner who touches', async () => {
      input.message('a', 'control', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('a', 7);
      input.message('o', 'owner', touch(1, TouchAction.TOUCH_ACTION_DOWN));
      await holds('o', 9);
      input.message('a', 'control', touch(2, TouchAction.TOUCH_ACTION_MOVE));
      expect(words()).toEqual(['7:touch1', '7:liftAll', '9:touch1']);
      expect(told).toContain('a refused CONTROL_NOT_HELD');
    });
  });
});
