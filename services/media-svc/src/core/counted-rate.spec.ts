import { describe, expect, it } from 'vitest';
import { countedRate } from './counted-rate.js';

describe('countedRate', () => {
  it.each<[string, number, [number, number], [number, number], number]>([
    ['is what came in a second', 0, [100, 0], [520, 1_000], 420],
    ['whatever the time between', 0, [100, 500], [940, 2_500], 420],
    ['rises at once', 100, [0, 0], [900, 1_000], 900],
    ['falls slowly: a film pauses', 400, [0, 0], [0, 1_000], 320],
    ['and the slower the shorter', 400, [0, 0], [0, 500], 400 * Math.sqrt(0.8)],
    ['begins anew with another sender', 0, [5_000, 0], [200, 1_000], 200],
    ['is what it was when no time has passed', 400, [5, 7], [9, 7], 400],
  ])('%s', (_, rate, [countBefore, before], [count, atMs], wanted) => {
    expect(countedRate(rate, { count: countBefore, atMs: before }, { count, atMs })).toBeCloseTo(wanted);
  });
});
