/** mediasoup forwards a jump of at most this many packets without taking it for another stream (RtpStreamRecv MaxDropout). */
export const SEQUENCE_LEAP_MAX = 3_000;

/**
 * The sequence number a stream goes on with.
 *
 * @param wanted the number after the last one the worker saw; 0 for a new stream
 * @param own where our own counter of this SSRC stands; undefined when we never sent on it
 * @param fresh where a new stream begins, 0-65535
 */
export function nextSequence(wanted: number, own: number | undefined, fresh: number): number {
  if (wanted === 0) return own ?? fresh;
  if (own === undefined) return wanted & 0xffff;
  // Our own counter is ahead by what is under way, or was lost: going on there keeps both sides in step.
  const ahead = (own - wanted) & 0xffff;
  return ahead <= SEQUENCE_LEAP_MAX ? own : wanted & 0xffff;
}
