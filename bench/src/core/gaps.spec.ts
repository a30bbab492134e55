import { expect, test } from 'vitest';
import { gaps } from './gaps.js';

test('frames are as far apart as they came, and what came before or after does not count', () => {
  const ms = (at: number): bigint => BigInt(at) * 1_000_000n;
  expect(gaps([ms(30), ms(1), ms(10), ms(75), ms(99)], ms(10), ms(75))).toEqual([20, 45]);
});

test('one frame has no gap', () => {
  expect(gaps([5n], 0n, 10n)).toEqual([]);
});
