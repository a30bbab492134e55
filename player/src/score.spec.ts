import { describe, expect, it } from 'vitest';
import { type Judged, score } from './score.js';

const good: Judged = { spanMs: 5_000, frames: 300, framesDropped: 0, stalledMs: 0, delayMs: 40 };

describe('score', () => {
  it.each([
    ['a picture as in the hand', {}, 5],
    ['a screen that stands still', { frames: 0 }, 5],
    ['a tenth of a second of delay, still free', { delayMs: 100 }, 5],
    ['a fifth', { delayMs: 200 }, 4.3],
    ['delay alone never makes it unusable', { delayMs: 9_000 }, 2.5],
    ['one stall of a quarter second', { stalledMs: 250 }, 3],
    ['a tenth of the time stalled', { stalledMs: 500 }, 1],
    ['half of the frames dropped', { frames: 150, framesDropped: 150 }, 4],
    ['everything at once', { stalledMs: 5_000, delayMs: 900, framesDropped: 300 }, 1],
  ] as const)('%s', (_, over, expected) => {
    expect(score({ ...good, ...over })).toBeCloseTo(expected, 6);
  });
});
