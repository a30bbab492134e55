import { describe, expect, it } from 'vitest';
import { StallMeter } from './stalls.js';

/** Frames as [shown at ms, phone's clock ms]. */
function meter(frames: readonly (readonly [number, number | undefined])[], origin = 0): StallMeter {
  const stalls = new StallMeter();
  for (const [shown, phone] of frames)
    stalls.shown(shown, phone === undefined ? undefined : (origin + phone * 90) >>> 0);
  return stalls;
}

describe('StallMeter', () => {
  it.each([
    [
      'a film on time',
      [
        [0, 0],
        [16, 16],
        [33, 33],
      ],
      0,
      0,
    ],
    [
      'a screen that stands still for a minute',
      [
        [0, 0],
        [60_000, 60_000],
      ],
      0,
      0,
    ],
    [
      'a frame that comes late',
      [
        [0, 0],
        [316, 16],
      ],
      1,
      300,
    ],
    [
      'a frame that comes a little late',
      [
        [0, 0],
        [165, 16],
      ],
      0,
      0,
    ],
    [
      'frames that catch up afterwards',
      [
        [0, 0],
        [316, 16],
        [318, 33],
        [320, 50],
      ],
      1,
      300,
    ],
    [
      'late after stillness',
      [
        [0, 0],
        [5_400, 5_000],
      ],
      1,
      400,
    ],
    [
      'a phone whose timestamps stand',
      [
        [0, 100],
        [200, 100],
      ],
      1,
      200,
    ],
    [
      'a browser that tells no timestamp',
      [
        [0, undefined],
        [900, undefined],
      ],
      0,
      0,
    ],
  ] as const)('%s', (_, frames, stalls, stalledMs) => {
    expect(meter(frames).take()).toEqual({
      frames: frames.length,
      stalls,
      stalledMs: expect.closeTo(stalledMs, 6),
    });
  });

  it('goes on over the end of 32 bits', () => {
    const { stalls } = meter(
      [
        [0, 0],
        [100, 100],
      ],
      0xffff_fff0,
    ).take();
    expect(stalls).toBe(0);
  });

  it('begins anew after an interruption, and with each look', () => {
    const stalls = meter([[0, 0]]);
    stalls.interrupted();
    stalls.shown(9_000, 90);
    expect(stalls.take()).toEqual({ frames: 2, stalls: 0, stalledMs: 0 });
    expect(stalls.take()).toEqual({ frames: 0, stalls: 0, stalledMs: 0 });
  });
});
