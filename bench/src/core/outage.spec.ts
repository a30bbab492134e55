import { expect, it } from 'vitest';
import { outage } from './outage.js';

/** Frames 20 ms apart, from `from` until before `to`. */
const film = (from: number, to: number): number[] =>
  Array.from({ length: Math.ceil((to - from) / 20) }, (_, i) => from + i * 20);

it('is told from the moment asked for to the end of the gap behind which the picture has gone on', () => {
  expect(outage([...film(0, 1_040), ...film(1_900, 3_000)], 1_000)).toBe(900);
  expect(outage([...film(0, 1_040), ...film(1_500, 1_800), ...film(2_100, 3_200)], 1_000)).toBe(1_100);
  expect(outage([...film(0, 1_040), ...film(9_000, 10_100)], 1_000)).toBe(8_000);
});

it('of one that was at once without frames too', () => {
  expect(outage([...film(0, 1_000), ...film(1_400, 2_500)], 1_000)).toBe(400);
});

it('of one that was hardly lost it is the widest gap; one that comes later is nothing of it', () => {
  expect(outage([...film(0, 1_040), ...film(1_120, 3_100)], 1_000)).toBe(100);
  expect(outage([...film(0, 1_040), ...film(1_120, 2_900), ...film(4_000, 6_000)], 1_000)).toBe(100);
});

it('is not known before the picture has gone on for a second', () => {
  expect(outage([...film(0, 1_040), ...film(1_900, 2_860)], 1_000)).toBeUndefined();
  expect(outage(film(0, 2_900), 1_000)).toBeUndefined();
  expect(outage([], 1_000)).toBeUndefined();
});
