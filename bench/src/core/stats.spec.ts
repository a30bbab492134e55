import { describe, expect, it } from 'vitest';
import { p50, p95, p99, percentile, sensible } from './stats.js';

describe('percentile', () => {
  it('is a measured value, whatever the order', () => {
    expect(p50([3, 1, 2])).toBe(2);
    expect(p50([4, 1, 2, 3])).toBe(2);
    expect(p95(Array.from({ length: 20 }, (_, i) => i + 1))).toBe(19);
    expect(p99(Array.from({ length: 50 }, (_, i) => i + 1))).toBe(50);
    expect(percentile([7], 0)).toBe(7);
  });
  it('is not a number of nothing', () => expect(p50([])).toBeNaN());
});

it.each([
  [0.43721, 0.437],
  [1.2345, 1.23],
  [12.345, 12.3],
  [1234.5, 1235],
  [-0.02, -0.02],
])('%f is told as %f', (value, told) => expect(sensible(value)).toBe(told));
