import { expect, it } from 'vitest';
import { type Got, shortfall } from './shortfall.js';

const got = (...each: (readonly [came: number, sent: number])[]): Got[] =>
  each.map(([came, sent]) => ({ came, sent }));

it.each([
  [
    'nothing when all have all',
    got([10, 10], [4, 4]),
    got([30, 30], [24, 24]),
    { most: 20, lost: 0, starved: 0 },
  ],
  ['a gap', got([10, 10], [10, 10]), got([30, 30], [27, 30]), { most: 20, lost: 3, starved: 0 }],
  [
    'a gap that all have',
    got([10, 10], [10, 10]),
    got([29, 30], [29, 30]),
    { most: 20, lost: 2, starved: 0 },
  ],
  ['no gap from before', got([10, 15], [10, 10]), got([30, 35], [30, 30]), { most: 20, lost: 0, starved: 0 }],
  ['a tail', got([10, 10], [10, 10]), got([30, 30], [25, 25]), { most: 20, lost: 5, starved: 0 }],
  ['who died', got([10, 10], [10, 10]), got([30, 30], [10, 10]), { most: 20, lost: 20, starved: 1 }],
  ['who never got any', got([10, 10], [0, 0]), got([30, 30], [0, 0]), { most: 20, lost: 20, starved: 1 }],
  ['nothing of nobody', [], [], { most: 0, lost: 0, starved: 0 }],
])('counts %s', (_, before, after, wanted) => {
  expect(shortfall(before, after)).toEqual(wanted);
});
