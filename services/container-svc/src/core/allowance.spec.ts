import { expect, it } from 'vitest';
import { Allowance } from './allowance.js';

const SHARE = 10;
const LEAST_MS = 10;
const AHEAD_MS = 100;

/** Pieces of `costMs` each, wanted all the time from 0 on: when each began. */
function flood(costMs: number, pieces: number): number[] {
  const allowance = new Allowance({ share: SHARE, leastMs: LEAST_MS, aheadMs: AHEAD_MS });
  let now = 0;
  return Array.from({ length: pieces }, () => {
    const began = now + allowance.wait(now);
    now = began + costMs;
    allowance.pay(began, now);
    return began;
  });
}

it('a burst is done at once', () => {
  expect(flood(0, 11)).toEqual(Array.from({ length: 11 }, () => 0));
});

it.each([
  { costMs: 0, everyMs: LEAST_MS },
  { costMs: 1, everyMs: SHARE },
  { costMs: 7, everyMs: 7 * SHARE },
])('a flood of pieces of $costMs ms gets one each $everyMs ms', ({ costMs, everyMs }) => {
  const [before = 0, after = 0] = flood(costMs, 101).slice(-2);
  expect(after - before).toBe(everyMs);
});

it('what was not used is not saved up', () => {
  const allowance = new Allowance({ share: SHARE, leastMs: LEAST_MS, aheadMs: AHEAD_MS });
  for (let piece = 0; piece <= AHEAD_MS / LEAST_MS; piece++) allowance.pay(100_000, 100_000);
  expect(allowance.wait(100_000)).toBe(LEAST_MS);
});
