import { expect, it } from 'vitest';
import { apart } from './apart.js';
import { frameTag } from './stream-file.js';

it('pairs the frames of two viewers by their number; others’, second ones and those that only one had do not count', () => {
  const frame = (number: number, ns: bigint, ssrc: number) => ({ ssrc, tag: frameTag(number), ns });
  const direct = {
    ssrc: 5,
    frames: [frame(0, 1_000_000n, 5), frame(1, 17_000_000n, 5), frame(1, 2n, 6), frame(3, 4n, 5)],
  };
  const piped = {
    ssrc: 7,
    frames: [
      frame(1, 16_500_000n, 7),
      frame(0, 1_250_000n, 7),
      frame(0, 9_000_000n, 7),
      frame(0, 0n, 5),
      frame(2, 3n, 7),
    ],
  };
  expect(apart(direct, piped)).toEqual([-0.5, 0.25]);
});
