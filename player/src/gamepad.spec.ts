import { describe, expect, it } from 'vitest';
import { gamepads } from './gamepad-input.js';
import { padKeys, padScroll, padShape, type Pad, restingPad, samePad } from './gamepad.js';

const pad = (pressed: readonly number[], axes: readonly number[] = [0, 0, 0, 0]): Pad => ({
  buttons: Array.from({ length: 18 }, (_, index) => ({ pressed: pressed.includes(index) })),
  axes,
});
const none: ReadonlySet<number> = new Set();

describe("a gamepad's keys", () => {
  it.each([
    ['A, the lower one', 0, 96],
    ['B, the right one', 1, 97],
    ['X', 2, 99],
    ['Y', 3, 100],
    ['L1', 4, 102],
    ['R1', 5, 103],
    ['L2', 6, 104],
    ['R2', 7, 105],
    ['SELECT', 8, 109],
    ['START', 9, 108],
    ['left thumb', 10, 106],
    ['right thumb', 11, 107],
    ['up', 12, 19],
    ['down', 13, 20],
    ['left', 14, 21],
    ['right', 15, 22],
    ['MODE', 16, 110],
  ])('%s', (_, button, keycode) => {
    expect([...padKeys(pad([button]), none)]).toEqual([keycode]);
  });

  it('has none for buttons that the standard does not name', () => {
    expect(padKeys(pad([17]), none)).toEqual(new Set());
  });

  it.each<[string, readonly number[], readonly number[]]>([
    ['up', [0, -1], [19]],
    ['down', [0, 0.5], [20]],
    ['left and up', [-0.7, -0.7], [19, 21]],
    ['nowhere', [0.49, -0.49], []],
  ])('has the left stick as the direction pad: %s', (_, axes, keys) => {
    expect([...padKeys(pad([], axes), none)]).toEqual(keys);
  });

  it('lets a direction go later than it took it', () => {
    const held = padKeys(pad([], [0.5, 0]), none);
    expect([...padKeys(pad([], [0.36, 0]), held)]).toEqual([22]);
    expect([...padKeys(pad([], [0.34, 0]), held)]).toEqual([]);
  });

  it('says a direction once that stick and pad both hold', () => {
    expect([...padKeys(pad([12], [0, -1]), none)]).toEqual([19]);
  });
});

it.each<[string, readonly number[], number, number, number]>([
  ['rests', [0, 0, 0.1, -0.1], 50, 0, 0],
  ['up', [0, 0, 0, -1], 50, 0, 100],
  ['right, half way', [0, 0, 0.5, 0], 100, 100, 0],
  ['a pad of two axes', [0, 0], 50, 0, 0],
])('the right stick is a wheel: %s', (_, axes, ms, horizontal, vertical) => {
  expect(padScroll(pad([], axes), ms)).toEqual({ horizontal, vertical });
});

describe('the whole of a gamepad', () => {
  it.each<[string, readonly number[], object]>([
    ['left stick, right and down', [1, 0.5, 0, 0], { leftX: 32_767, leftY: 16_384 }],
    ['right stick, left and up', [0, 0, -1, -0.5], { rightX: -32_767, rightY: -16_383 }],
    ['a stick that trembles at rest', [0.02, 0, 0, 0], { leftX: 655 }],
    ['beyond the end', [1.0001, -1.2, 0, 0], { leftX: 32_767, leftY: -32_767 }],
    ['no number', [Number.NaN, -0, 0, 0], {}],
    ['a pad of two axes', [0, 1], { leftY: 32_767 }],
  ])('%s', (_, axes, parts) => expect(padShape(pad([], axes))).toEqual({ ...restingPad, ...parts }));

  it('has triggers as far as they are pressed, and as buttons', () => {
    const buttons = pad([6]).buttons.map((button, index) => ({
      ...button,
      value: index === 6 ? 1 : index === 7 ? 0.25 : 0,
    }));
    expect(padShape({ buttons, axes: [] })).toEqual({
      ...restingPad,
      leftTrigger: 32_767,
      rightTrigger: 8_192,
      buttons: 1 << 6,
    });
  });

  it('has a bit for each of the standard’s buttons, and none for others', () => {
    expect(padShape(pad([0, 12, 16])).buttons).toBe(0b1_0001_0000_0000_0001);
    expect(padShape(pad([17])).buttons).toBe(0);
  });

  it('is another when any part differs', () => {
    for (const part of Object.keys(restingPad))
      expect(samePad(restingPad, { ...restingPad, [part]: 1 })).toBe(false);
    expect(samePad({ ...restingPad }, restingPad)).toBe(true);
  });
});

describe('a page’s gamepads', () => {
  it('are none where the browser has no such thing, or gives it to this page not', () => {
    expect(gamepads({})).toEqual([]);
    const getGamepads = (): never => {
      throw new DOMException('not in this frame', 'SecurityError');
    };
    expect(gamepads({ getGamepads })).toEqual([]);
  });

  it('are those that the browser tells of', () => {
    const one = { connected: true } as Gamepad;
    expect(gamepads({ getGamepads: () => [null, one] })).toEqual([null, one]);
  });
});
