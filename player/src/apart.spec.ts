import { describe, expect, it } from 'vitest';
import { holdOf, soundLateMs } from './apart.js';

describe('soundLateMs', () => {
  /** Played `took` ms after the phone's moment `at`, ms on its host's clock; the browser's clock is another one. */
  const played = (at: number, took: number, ticksPerMs: number, browserAhead: number) => ({
    timestamp: at + took + browserAhead,
    rtpTimestamp: (at * ticksPerMs) % 2 ** 32,
  });
  const DAY = 24 * 3_600_000;

  it.each([
    ['just started', 10_000],
    ['one that ran so long that one timestamp has wrapped', 0.7 * DAY],
    ['one that ran so long that both have, not together', 19 * DAY + 12_345],
  ])('is the difference of what both took, on a host that is %s', (_, at) => {
    for (const ahead of [0, 1_700_000_000_000, -123]) {
      const sound = played(at + 35, 70, 48, ahead);
      const picture = played(at, 20, 90, ahead);
      // 70 - 20, 30 to the loudspeaker, and what the codec and the halves of a packet make of it.
      expect(soundLateMs(sound, picture, 30)).toBeCloseTo(81.5, 1);
      expect(soundLateMs({ ...sound, timestamp: sound.timestamp - 100 }, picture, 30)).toBeCloseTo(-18.5, 1);
    }
  });
});

describe('holdOf', () => {
  it.each([
    ['nothing when the sound is as late as it may be', { lateMs: 45, under: 0 }, 45, 0, 0],
    ['nothing when the sound is early', { lateMs: -80, under: 0 }, 0, 0, 0],
    ['what is more than it may be, beyond what a picture takes anyhow', { lateMs: 90, under: 0 }, 45, 0, 60],
    ['all of it where none is allowed', { lateMs: 90, under: 0 }, 0, 0, 105],
    ['more when it is still late', { lateMs: 70, under: 60 }, 45, 60, 85],
    ['less as the sound gets quicker', { lateMs: 20, under: 60 }, 45, 60, 35],
    ['nothing any more when that is enough', { lateMs: -20, under: 60 }, 45, 60, 0],
    ['the same for less than a step', { lateMs: 52, under: 60 }, 45, 60, 60],
    ['by a picture from before the last change', { lateMs: 90, under: 0 }, 45, 58, 58],
    ['no more than a connection in trouble may have', { lateMs: 2_000, under: 0 }, 45, 0, 400],
  ])('%s', (_, looked, mayBeLateMs, held, hold) => {
    expect(holdOf(looked, { mayBeLateMs, mostMs: 400 }, held)).toBe(hold);
  });
});
