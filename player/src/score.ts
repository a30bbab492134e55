/** What a viewer's picture is judged by, over some seconds. */
export interface Judged {
  readonly spanMs: number;
  readonly frames: number;
  readonly framesDropped: number;
  readonly stalledMs: number;
  /** Half the round trip, jitter buffer and decoding, ms: what lies between the farm and the eye. */
  readonly delayMs: number;
}

/** Hands notice a delay from here on (ITU-T G.1072 begins its delay impairment there for games). */
const DELAY_FREE_MS = 100;
const PER_100_MS = 0.7;
/** A picture that stood a tenth of the time is as bad as it gets. */
const STALLED_SHARE = 0.1;

/**
 * How good the picture was: 5 (as in the hand) to 1 (unusable), in the manner of a mean opinion score. Not one: nobody was asked;
 * it orders connections, and tells when one gets worse. A still screen is no fault: frames per second do not count. Pure.
 */
export function score({ spanMs, frames, framesDropped, stalledMs, delayMs }: Judged): number {
  const stalled = Math.min(1, stalledMs / Math.max(1, spanMs) / STALLED_SHARE);
  const late = Math.min(2.5, Math.max(0, (delayMs - DELAY_FREE_MS) / 100) * PER_100_MS);
  const dropped = framesDropped / Math.max(1, frames + framesDropped);
  return Math.max(1, 5 - 4 * stalled - late - 2 * dropped);
}
