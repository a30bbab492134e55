import { expect, it } from 'vitest';
import { Rate } from './rate.js';

it('lets a burst pass, then the average', () => {
  const rate = new Rate(100, 10, 0);
  const passed = (from: number, to: number, step: number): number => {
    let count = 0;
    for (let now = from; now < to; now += step) if (rate.take(now)) count += 1;
    return count;
  };
  expect(passed(0, 1, 0.01)).toBe(10);
  expect(passed(1, 1001, 0.1)).toBe(100);
});

it('never saves up more than its burst', () => {
  const rate = new Rate(100, 10, 0);
  let passed = 0;
  for (let i = 0; i < 100; i++) if (rate.take(3_600_000)) passed += 1;
  expect(passed).toBe(10);
});
