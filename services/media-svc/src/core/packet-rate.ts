/** What is left of the rate before after a second without packets: a film that stands still for a moment is still a film. */
const DECAY_PER_SECOND = 0.8;

/** How many packets of a phone have come, and when (monotonic ms). */
export interface PacketCount {
  readonly packets: number;
  readonly atMs: number;
}

/**
 * Packets a second that each viewer of a stream is to be expected to get: what came since the last count, or what is left of the rate
 * before. A count that is lower than the last is a new sender's.
 */
export function packetRate(rate: number, before: PacketCount, now: PacketCount): number {
  const seconds = (now.atMs - before.atMs) / 1_000;
  if (seconds <= 0) return rate;
  const came = now.packets < before.packets ? now.packets : now.packets - before.packets;
  return Math.max(came / seconds, rate * DECAY_PER_SECOND ** seconds);
}
