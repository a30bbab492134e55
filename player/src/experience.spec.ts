import { describe, expect, it } from 'vitest';
import { summary } from './experience.js';
import type { PictureStats } from './stats.js';

const second = (over: Partial<PictureStats> = {}): PictureStats => ({
  fps: 60,
  bitRate: 4e6,
  rttMs: 20,
  relayed: undefined,
  packetsLost: 7,
  framesDropped: 9,
  decodeMs: 4,
  bufferMs: 16,
  soundBufferMs: undefined,
  width: 720,
  height: 1280,
  newFrames: 60,
  newDropped: 0,
  newLost: 0,
  ...over,
});

describe('summary', () => {
  it('weighs means by frames, adds what is new, takes the newest round trip', () => {
    const seconds = [
      second({ newFrames: 60, decodeMs: 2, bufferMs: 10, newLost: 3, rttMs: 50 }),
      second({ newFrames: 20, decodeMs: 10, bufferMs: 50, newDropped: 1 }),
      second({ newFrames: 0, decodeMs: 0, bufferMs: 0, rttMs: undefined, relayed: true }),
    ];
    expect(summary(seconds, { frames: 79, stalls: 1, stalledMs: 200 }, 3_000)).toEqual({
      spanMs: 3_000,
      frames: 79,
      framesDropped: 1,
      packetsLost: 3,
      stalls: 1,
      stalledMs: 200,
      rttMs: 20,
      decodeMs: 4,
      bufferMs: 20,
      relayed: true,
      score: expect.closeTo(5 - 4 * (200 / 300) - 2 / 80, 6),
    });
  });

  it('of a still screen is not a bad one', () => {
    const still = second({ newFrames: 0, decodeMs: 0, bufferMs: 0, rttMs: undefined });
    const report = summary([still, still], { frames: 0, stalls: 0, stalledMs: 0 }, 2_000);
    expect(report).toMatchObject({ frames: 0, rttMs: 0, score: 5 });
  });
});
