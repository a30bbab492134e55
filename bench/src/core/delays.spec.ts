import { expect, it } from 'vitest';
import { delays } from './delays.js';
import { frameTag } from './stream-file.js';

it('pairs frames by their number; others’ and second ones do not count', () => {
  const sent = new Map([
    [0, 1_000_000n],
    [1, 17_000_000n],
  ]);
  const frame = (number: number, ns: bigint, ssrc = 5) => ({ ssrc, tag: frameTag(number), ns });
  const received = [
    frame(1, 18_500_000n),
    frame(0, 1_500_000n),
    frame(0, 9_000_000n),
    frame(1, 2n, 6),
    frame(7, 3n),
  ];
  expect(delays(sent, received, 5)).toEqual([1.5, 0.5]);
  expect(delays(sent, received, 5, 1)).toEqual([1.5]);
});
