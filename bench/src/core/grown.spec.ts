import { expect, it } from 'vitest';
import { grown } from './grown.js';

it.each([
  [[5], 0],
  [[5, 7], 2],
  [[10, 4, 10, 4, 10, 4], 0],
  [[10, 4, 99, 0, 12, 6], 2],
  [[9, 8, 7, 6, 5, 4], -4],
])('%j has grown by %s', (readings, by) => {
  expect(grown(readings)).toBe(by);
});
