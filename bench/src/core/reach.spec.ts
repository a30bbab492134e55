import { expect, it } from 'vitest';
import { reaches } from './reach.js';

const at = (...ms: (number | undefined)[]): Map<number, bigint> =>
  new Map(ms.flatMap((one, number) => (one === undefined ? [] : [[number, BigInt(one * 1e6)] as const])));

it.each([
  ['one phone', at(0), [at(3)], [[3, 0]]],
  [
    'the last and the first of three',
    at(10, 20),
    [at(12, 22), at(15, 21), at(11, 29)],
    [
      [5, 4],
      [9, 8],
    ],
  ],
  ['no event that some phone did not read', at(10, 20), [at(12, 22), at(undefined, 23)], [[3, 1]]],
  ['nothing of nobody', at(10), [], []],
])('counts %s', (_, sent, heard, wanted) => {
  expect(reaches(sent, heard).map(({ lastMs, skewMs }) => [lastMs, skewMs])).toEqual(wanted);
});
