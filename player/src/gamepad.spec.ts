import { describe, expect, it } from 'vitest';
import { gamepads } from './gamepad-input.js';
import { padKeys, padScroll, type PadState } from './gamepad.js';

const pad = (pressed: readonly number[], axes: readonly number[] = [0, 0, 0, 0]): PadState => ({
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
