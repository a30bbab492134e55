import { expect, it } from 'vitest';
import { groupTimes } from './group-times.js';

it.each([
  ['none', [], undefined],
  ['one', [3], [1, 3, 3]],
  ['a hundred', Array.from({ length: 100 }, (_, index) => index + 1), [100, 50, 99]],
])('the times of %s samples', (_, values, wanted) => {
  const times = groupTimes(values.map((ms) => ({ reachMs: ms, skewMs: ms / 2 })));
  expect(times && [times.samples, times.reachP50Ms, times.reachP99Ms]).toEqual(wanted);
  expect(times?.skewP99Ms).toBe(wanted?.[2] === undefined ? undefined : wanted[2] / 2);
});
