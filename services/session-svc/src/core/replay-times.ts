/**
 * Times on the host clock for replayed access units, µs: a millisecond apart, the last one now, none before the last
 * picture that was sent. So a player shows the newest picture at once instead of living the group through again.
 */
export function replayTimes(count: number, lastSentUs: number, nowUs: number): number[] {
  const step = Math.max(0, Math.min(1_000, Math.floor((nowUs - lastSentUs) / (count + 1))));
  return Array.from({ length: count }, (_, i) => nowUs - (count - 1 - i) * step);
}
