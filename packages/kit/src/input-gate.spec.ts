import { viewer } from '@ancloud/contracts';
import { PadState, TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { describe, expect, it } from 'vitest';
import { InputGate, inputLimit, isMove } from './input-gate.js';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
const input = (value: ViewerInput['input']): Uint8Array =>
  ViewerInput.encode({ input: value, sentAtMs: 1 }).finish();
const touch = (action: TouchAction, gesture = 1, sequence = 1): Uint8Array =>
  input({
    $case: 'touch',
    value: {
      gesture,
      sequence,
      action,
      finger: 0,
      fingers: [{ finger: 0, x: 9, y: 9, pressure: 0 }],
      buttons: 0,
      mouse: false,
      width: 720,
      height: 1280,
    },
  });
const resting = PadState.fromPartial({ sequence: 1 });
const DOWN = touch(TouchAction.TOUCH_ACTION_DOWN);
const MOVE = touch(TouchAction.TOUCH_ACTION_MOVE);

describe('isMove', () => {
  it.each<[string, Uint8Array, boolean]>([
    ['a move', MOVE, true],
    ['a hover', touch(TouchAction.TOUCH_ACTION_HOVER), true],
    ['a move with large numbers', touch(TouchAction.TOUCH_ACTION_MOVE, 0xffff_ffff, 70_000), true],
    ['a move of gesture 0', touch(TouchAction.TOUCH_ACTION_MOVE, 0, 0), true],
    ['literally', hex('0a 06 08 01 10 02 18 02'), true],
    ['a gamepad', input({ $case: 'pad', value: { ...resting, buttons: 1 } }), true],
    ['a gamepad at rest', input({ $case: 'pad', value: resting }), true],
    ['a down', DOWN, false],
    ['an up', touch(TouchAction.TOUCH_ACTION_UP), false],
    [
      'a key',
      input({ $case: 'key', value: { down: true, keycode: 2, repeat: 2, metastate: 2, beats: true } }),
      false,
    ],
    ['fields in another order', hex('0a 04 20 01 18 02'), false],
    ['nothing', new Uint8Array(), false],
    ['a number without end', hex('0a ff ff ff ff ff ff ff'), false],
  ])('%s: %o', (_, bytes, wanted) => expect(isMove(bytes)).toBe(wanted));
});

describe('inputLimit', () => {
  const text = (length: number) =>
    input({ $case: 'text', value: { text: 'x'.repeat(length), keysOnly: false } });
  const clipboard = (length: number) =>
    input({ $case: 'clipboard', value: { text: 'x'.repeat(length), set: true, paste: false } });

  it('lets only a clipboard be large', () => {
    expect(clipboard(4)[0]).toBe(0x2a);
    expect([inputLimit(text(1)), inputLimit(clipboard(4))]).toEqual([16_384, 262_144]);
    const judged = (bytes: Uint8Array): unknown => new InputGate(0).judge(bytes, 0);
    expect([judged(text(16_000)), judged(text(17_000))]).toEqual([undefined, 'oversized']);
    expect([judged(clipboard(262_000)), judged(clipboard(262_200))]).toEqual([undefined, 'oversized']);
    expect(judged(new Uint8Array())).toBe('malformed');
  });
});

describe('InputGate', () => {
  it('drops moves of a flood and no down among them', () => {
    const gate = new InputGate(0);
    const dropped = { moves: 0, downs: 0, passed: 0 };
    // 10 000 a second for three seconds, each hundredth of them a down.
    for (let i = 0; i < 30_000; i += 1) {
      const down = i % 100 === 0;
      const why = gate.judge(down ? DOWN : MOVE, i / 10);
      if (why === undefined) dropped.passed += 1;
      else if (down) dropped.downs += 1;
      else dropped.moves += 1;
    }
    expect(dropped.downs).toBe(0);
    const { movesPerSecond } = viewer.limits;
    expect(dropped.passed - 300).toBeGreaterThanOrEqual(3 * movesPerSecond);
    expect(dropped.passed - 300).toBeLessThanOrEqual(3 * movesPerSecond + movesPerSecond / 4 + 1);
  });

  it('bounds downs and bytes as well', () => {
    const gate = new InputGate(0);
    const judged = Array.from({ length: 1_000 }, () => gate.judge(DOWN, 0));
    expect(judged.filter((why) => why === undefined)).toHaveLength(viewer.limits.messagesPerSecond);
    expect(judged.at(-1)).toBe('messages');
    const other = new InputGate(0);
    const large = input({ $case: 'text', value: { text: 'x'.repeat(16_000), keysOnly: false } });
    const passed = Array.from({ length: 200 }, () => other.judge(large, 0)).filter(
      (why) => why === undefined,
    );
    expect(passed.length).toBe(Math.floor(viewer.limits.bytesBurst / large.length));
    expect(
      other.judge(input({ $case: 'text', value: { text: 'x'.repeat(17_000), keysOnly: false } }), 0),
    ).toBe('oversized');
  });
});
