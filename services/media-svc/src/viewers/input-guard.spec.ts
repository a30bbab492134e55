import { viewer } from '@ancloud/contracts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { InputGuard } from './input-guard.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** By its first byte: a key, a clipboard. */
const KEY = 0x12;
const CLIPBOARD = 0x2a;

function guarded() {
  const counted: string[] = [];
  const told: { code: string; message: string; count: number }[] = [];
  const guard = new InputGuard(
    (why) => counted.push(why),
    (refused) => told.push(refused),
  );
  const takes = (bytes: number, kind = KEY): boolean => guard.takes(Buffer.alloc(bytes, kind));
  return { takes, counted, told };
}

it.each<[string, number, number]>([
  ['a message', viewer.limits.inputMessage, KEY],
  ['a clipboard', viewer.limits.clipboardMessage, CLIPBOARD],
])('%s is taken up to %i bytes, and who sends more is told how many', (_, most, kind) => {
  const { takes, counted, told } = guarded();
  expect(takes(most, kind)).toBe(true);
  expect([counted, told]).toEqual([[], []]);
  expect(takes(most + 1, kind)).toBe(false);
  expect(counted).toEqual(['oversized']);
  expect(told).toEqual([
    { code: 'MESSAGE_TOO_LARGE', message: `such an input message has at most ${most} bytes`, count: 1 },
  ]);
});

it('an empty message is none, and is called so', () => {
  const { takes, counted, told } = guarded();
  expect(takes(0)).toBe(false);
  expect(counted).toEqual(['malformed']);
  expect(told).toMatchObject([{ code: 'MESSAGE_MALFORMED', count: 1 }]);
});

it('a flood is counted each time and told once a second, with how many there were', async () => {
  const { takes, counted, told } = guarded();
  const flood = (): void => {
    for (let i = 0; i < viewer.limits.messagesPerSecond + 100; i += 1) takes(8);
  };
  flood();
  expect(counted).toHaveLength(100);
  expect(told).toEqual([{ code: 'RATE_LIMITED', message: 'too much input', count: 1 }]);
  await vi.advanceTimersByTimeAsync(1_000);
  flood();
  expect(counted).toHaveLength(200);
  expect(new Set(counted)).toEqual(new Set(['messages']));
  // The 99 that were not told, and the one that tells.
  expect(told.slice(1)).toEqual([{ code: 'RATE_LIMITED', message: 'too much input', count: 100 }]);
});
