import { describe, expect, it } from 'vitest';
import { MediaTimes } from './media-times.js';

type Frame = readonly ['video' | 'audio', timestamp: number, arrivalMs: number];

describe('MediaTimes', () => {
  it.each<[string, readonly Frame[], readonly (number | undefined)[]]>([
    [
      'begins with the first picture; sound before it has no place',
      [
        ['audio', 48_000, 0],
        ['video', 90_000, 1],
        ['audio', 48_480, 11],
        ['video', 91_500, 17],
      ],
      [undefined, 0, 10_000, 16_667],
    ],
    [
      'sound that was heard before the first picture',
      [
        ['video', 90_000, 0],
        ['audio', 47_520, 0],
      ],
      [0, undefined],
    ],
    [
      'over the wrap of the picture’s clock',
      [
        ['video', 2 ** 32 - 900, 0],
        ['video', 600, 17],
      ],
      [0, 16_667],
    ],
    [
      'over the wrap of the sound’s clock, in another turn than the picture’s',
      [
        // 200,000 s after the clock began.
        ['video', (200_000 * 90_000) % 2 ** 32, 0],
        ['audio', (200_000 * 48_000 + 480) % 2 ** 32, 10],
      ],
      [0, 10_000],
    ],
    [
      'after hours of a still screen without sound',
      [
        ['video', 0, 0],
        ['video', (5 * 3_600 * 90_000) % 2 ** 32, 5 * 3_600_000 + 40],
      ],
      [0, 18_000_000_000],
    ],
    [
      'late, but in its place',
      [
        ['video', 0, 0],
        ['video', 3_000, 2_000],
      ],
      [0, 33_333],
    ],
    [
      'never twice the same, never back',
      [
        ['video', 9_000, 0],
        ['video', 9_000, 1],
        ['video', 9_090, 2],
        ['audio', 4_800, 3],
        ['audio', 4_800, 3],
      ],
      [0, 1, 1_000, 0, 1],
    ],
    [
      'another clock',
      [
        ['video', 0, 0],
        ['video', 90_000 * 60, 100],
      ],
      [0, undefined],
    ],
  ])('%s', (_name, frames, times) => {
    const clock = new MediaTimes();
    expect(frames.map((frame) => clock.place(...frame))).toEqual(times);
  });
});
