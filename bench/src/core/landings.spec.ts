import { expect, it } from 'vitest';
import { landings, touchDelays } from './landings.js';

const at = (...ms: (number | undefined)[]): Map<number, bigint> =>
  new Map(ms.flatMap((one, number) => (one === undefined ? [] : [[number, BigInt(one * 1e6)] as const])));

it.each([
  ['each on its own', at(0, 10, 20), at(3, 14, 25), 0, [3, 4, 5], 0],
  ['a merged one until the next was read', at(0, 10, 20), at(3, undefined, 25), 0, [3, 15, 5], 1],
  [
    'several that were merged into one',
    at(0, 10, 20, 30),
    at(3, undefined, undefined, 31),
    0,
    [3, 21, 11, 1],
    2,
  ],
  ['nothing that is behind the last one read', at(0, 10, 20), at(3, 14), 0, [3, 4], 0],
  ['nothing before the first that counts', at(0, 10, 20, 30), at(3, undefined, 25, 31), 2, [5, 1], 0],
  ['nothing that was not read at all', at(0, 10), at(), 0, [], 0],
])('counts %s', (_, sent, heard, first, samples, merged) => {
  expect(touchDelays(sent, heard, first)).toEqual({ samples, merged });
});

it('says which landed with a later one', () => {
  expect([...landings([0, 1, 2], at(3, undefined, 25))].toSorted(([a], [b]) => a - b)).toEqual([
    [0, { ns: 3_000_000n, merged: false }],
    [1, { ns: 25_000_000n, merged: true }],
    [2, { ns: 25_000_000n, merged: false }],
  ]);
});
