import { expect, it } from 'vitest';
import { type Counts, countPictures, noPictures } from './picture-counts.js';

const counts = (packets: number): Counts => ({ packets, bytes: packets * 100 });

it.each<[string, (readonly [main: number, low: number])[], number]>([
  [
    'the main picture counts while it comes',
    [
      [10, 4],
      [30, 9],
    ],
    30,
  ],
  [
    'the low layer while that rests',
    [
      [10, 4],
      [10, 9],
      [10, 12],
    ],
    18,
  ],
  [
    'what one had brought before is not counted when it is the heavier again',
    [
      [50, 0],
      [50, 20],
      [60, 22],
    ],
    80,
  ],
  [
    'another low layer begins at none',
    [
      [0, 90],
      [0, 0],
      [0, 5],
    ],
    95,
  ],
])('%s', (_, told, packets) => {
  let state = noPictures;
  for (const [main, low] of told) state = countPictures(state, counts(main), counts(low));
  expect(state.heavier).toEqual(counts(packets));
});
