import { expect, it } from 'vitest';
import { along } from './fingers.js';

const at = (atMs: number, x: number) => ({ atMs, x, y: 0, pressure: 0 });

it.each([
  [0, 0],
  [50, 0.5],
  // Of two points at one time the later one counts from then on.
  [100, 0.4],
  [150, 0.2],
  [200, 0],
  [300, 0],
])('a finger is along its points at %d ms at %d', (ms, x) => {
  expect(along([at(0, 0), at(100, 1), at(100, 0.4), at(200, 0)])(ms).x).toBeCloseTo(x, 9);
});

it('a finger is at its only point, and without one at none', () => {
  expect(along([at(50, 0.3)])(0)).toEqual({ x: 0.3, y: 0, pressure: 1 });
  expect(along([at(50, 0.3)])(90)).toEqual({ x: 0.3, y: 0, pressure: 1 });
  expect(along([])(0)).toEqual({ x: 0, y: 0, pressure: 1 });
});
