import type { KeyInput } from '@ancloud/contracts/input/v1/viewer';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HeldKeys } from './held-keys.js';

let said: string[];
let pressed: KeyInput | undefined;
let keys: HeldKeys;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  keys = new HeldKeys({
    key: (key) => {
      pressed = key;
      said.push(`${key.down ? 'down' : 'up'} ${key.keycode} ${key.beats}`);
    },
    beat: () => said.push('beat'),
  });
});
afterEach(() => void vi.useRealTimers());

const say = (down: boolean, keycode: number): void => keys.say({ down, keycode, repeat: 0, metastate: 0 });

it('beats four times a second from the first key’s down to the last one’s up', () => {
  vi.advanceTimersByTime(1_000);
  say(true, 51);
  vi.advanceTimersByTime(500);
  say(true, 62);
  say(true, 62);
  say(false, 51);
  vi.advanceTimersByTime(250);
  say(false, 62);
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual([
    'down 51 true',
    'beat',
    'beat',
    'down 62 true',
    'down 62 true',
    'up 51 true',
    'beat',
    'up 62 true',
  ]);
});

it('presses again what is held when the farm has let it go, with what went with it', () => {
  keys.say({ down: true, keycode: 59, repeat: 0, metastate: 0x41 });
  say(true, 51);
  say(false, 51);
  said = [];
  keys.again();
  expect(pressed).toEqual({ down: true, keycode: 59, repeat: 0, metastate: 0x41, beats: true });
  expect(said).toEqual(['down 59 true']);
  keys.say({ down: false, keycode: 59, repeat: 0, metastate: 0 });
  said = [];
  keys.again();
  expect(said).toEqual([]);
});

it('does not beat for a key that was pressed and let go at once', () => {
  say(true, 115);
  say(false, 115);
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(['down 115 true', 'up 115 true']);
});
