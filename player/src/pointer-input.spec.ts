import { describe, expect, it } from 'vitest';
import { thinned, wheelSteps } from './pointer-input.js';

describe('wheelSteps', () => {
  it.each([
    [
      'a notch down is one step down',
      { deltaX: 0, deltaY: 100, deltaMode: 0 },
      { horizontal: 0, vertical: -100 },
    ],
    ['right stays right', { deltaX: 40, deltaY: 0, deltaMode: 0 }, { horizontal: 40, vertical: 0 }],
    ['three lines are one step', { deltaX: 0, deltaY: -3, deltaMode: 1 }, { horizontal: 0, vertical: 100 }],
    [
      'never beyond the full scale',
      { deltaX: -9e9, deltaY: 9e9, deltaMode: 2 },
      { horizontal: -1_600, vertical: -1_600 },
    ],
  ])('%s', (_, event, steps) => expect(wheelSteps(event)).toEqual(steps));
});

describe('thinned', () => {
  it.each([
    [[], [9]],
    [[1], [1]],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
    [
      [1, 2, 3, 4, 5, 6],
      [2, 4, 6],
    ],
    [
      [1, 2, 3, 4],
      [1, 3, 4],
    ],
  ])('%j → %j', (all, kept) => expect(thinned(all, 9)).toEqual(kept));
});
