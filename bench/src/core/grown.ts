/**
 * By how much something that rises and falls, a heap between two collections, has grown over a run: the least of the last third of its
 * readings less the least of the first third.
 */
export function grown(readings: readonly number[]): number {
  const third = Math.max(1, Math.floor(readings.length / 3));
  return Math.min(...readings.slice(-third)) - Math.min(...readings.slice(0, third));
}
