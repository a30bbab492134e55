/** What is left of the rate before after a second in which nothing came: a film that stands still for a moment is still a film. */
const DECAY_PER_SECOND = 0.8;

/** How many packets, or bits, of a phone have come, and when (monotonic ms). */
export interface Counted {
  readonly count: number;
  readonly atMs: number;
}

/**
 * How many a second each viewer of a stream is to be expected to get: what came since the last count, or what is left of the rate
 * before. A count that is lower than the last is a new sender's.
 */
export function countedRate(rate: number, before: Counted, now: Counted): number {
  const seconds = (now.atMs - before.atMs) / 1_000;
  if (seconds <= 0) return rate;
  const came = now.count < before.count ? now.count : now.count - before.count;
  return Math.max(came / seconds, rate * DECAY_PER_SECOND ** seconds);
}
