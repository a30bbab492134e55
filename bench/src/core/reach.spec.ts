import { expect, it } from 'vitest';
import { reaches } from './reach.js';

const at = (...ms: (number | undefined)[]): Map<number, bigint> =>
  new Map(ms.flatMap((one, number) => (one === undefined ? [] : [[number, BigInt(one * 1e6)] as const])));

it.each([
  ['one phone', at(0), [at(3)], [[3, 0, false]]],
  [
    'the last and the first of three',
    at(10, 20),
    [at(12, 22), at(15, 21), at(11, 29)],
    [
      [5, 4, false],
      [9, 8, false],
    ],
  ],
  [
    'one that some phone read with the next',
    at(10, 20, 30),
    [at(12, 22, 33), at(11, undefined, 38)],
    [
      [2, 1, false],
      [18, 16, true],
      [8, 5, false],
    ],
  ],
  [
    'one that all read with the next',
    at(10, 20),
    [at(undefined, 22), at(undefined, 23)],
    [
      [13, 1, true],
      [3, 1, false],
    ],
  ],
  [
    'no event that some phone did not read, nor a later one',
    at(10, 20),
    [at(12, 22), at(13)],
    [[3, 1, false]],
  ],
  ['nothing of nobody', at(10), [], []],
])('counts %s', (_, sent, heard, wanted) => {
  expect(reaches(sent, heard).map(({ lastMs, skewMs, merged }) => [lastMs, skewMs, merged])).toEqual(wanted);
});
