import type { PadState } from '@ancloud/contracts/input/v1/viewer';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GamepadInput } from './gamepad-input.js';

/** A page with one gamepad, whose frames and clock go on when told to. */
function stage() {
  const frames: (() => void)[] = [];
  const heard = new Map<string, () => void>();
  const pad = {
    connected: true,
    buttons: Array.from({ length: 17 }, () => ({ pressed: false, value: 0 })),
    axes: [0, 0, 0, 0],
  };
  let nowMs = 1_000;
  vi.stubGlobal('addEventListener', (name: string, listener: () => void) => heard.set(name, listener));
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame));
  vi.stubGlobal('cancelAnimationFrame', () => frames.splice(0));
  vi.stubGlobal('navigator', { getGamepads: () => [pad] });
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const said: string[] = [];
  const sequences: number[] = [];
  const of = { may: true, states: true };
  const input = new GamepadInput({
    key: ({ down, keycode }) => said.push(`key ${keycode} ${down ? 'down' : 'up'}`),
    scroll: () => said.push('scroll'),
    state: ({ sequence, leftX, buttons }: PadState, lossy) => {
      sequences.push(sequence);
      said.push(`${lossy ? 'lossy ' : ''}x ${leftX} buttons ${buttons}`);
    },
    may: () => of.may,
    states: () => of.states,
  });
  const frame = (ms = 16): string[] => {
    nowMs += ms;
    said.splice(0);
    for (const one of frames.splice(0)) one();
    return [...said];
  };
  const press = (button: number, pressed: boolean): void => {
    pad.buttons[button] = { pressed, value: pressed ? 1 : 0 };
  };
  return { frame, press, pad, of, input, said, sequences, heard };
}

let page: ReturnType<typeof stage>;
beforeEach(() => {
  page = stage();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('a phone with a gamepad is told states: changes at once, what is held each 250 ms, rest once', () => {
  const { frame, press, pad } = page;
  expect(frame()).toEqual([]);
  press(0, true);
  expect(frame()).toEqual(['x 0 buttons 1']);
  expect(frame()).toEqual([]);
  pad.axes[0] = 1;
  expect(frame()).toEqual(['lossy x 32767 buttons 1']);
  expect(frame(240)).toEqual([]);
  expect(frame(10)).toEqual(['lossy x 32767 buttons 1']);
  press(0, false);
  expect(frame()).toEqual(['x 32767 buttons 0']);
  pad.axes[0] = 0;
  // Nothing comes behind it that would heal it.
  expect(frame()).toEqual(['x 0 buttons 0']);
  expect(frame(1_000)).toEqual([]);
});

it('states are numbered upwards, also by another of the same page', () => {
  const { frame, press, input, sequences } = page;
  for (let i = 0; i < 5; i += 1) {
    press(0, i % 2 === 0);
    frame(0);
  }
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  expect(new Set(sequences).size).toBe(5);
  input.close();
});

it('comes to rest when the phone is left, the page is, or it ends', () => {
  const { frame, press, of, input, said, heard } = page;
  for (const leave of [
    () => void (of.may = false),
    () => heard.get('blur')?.(),
    () => heard.get('gamepaddisconnected')?.(),
    () => input.close(),
  ]) {
    of.may = true;
    press(0, true);
    expect(frame()).toEqual(['x 0 buttons 1']);
    press(0, false);
    said.splice(0);
    leave();
    if (!of.may) frame();
    expect(said).toEqual(['x 0 buttons 0']);
  }
});

it('a phone without one gets keys; what was held by the one way is let go when it becomes the other', () => {
  const { frame, press, of } = page;
  of.states = false;
  press(0, true);
  expect(frame()).toEqual(['key 96 down']);
  of.states = true;
  expect(frame()).toEqual(['key 96 up', 'x 0 buttons 1']);
  of.states = false;
  expect(frame()).toEqual(['x 0 buttons 0', 'key 96 down']);
});
