import { frameNumber } from './stream-file.js';

/**
 * ms from sending to receiving, for each frame that came, in the order they came. A frame is known by the number that
 * its last packet ends with; one that came twice counts once, with its first time. Frames before number `first` do not count.
 */
export function delays(
  sent: ReadonlyMap<number, bigint>,
  received: readonly { readonly ssrc: number; readonly tag: number; readonly ns: bigint }[],
  ssrc: number,
  first = 0,
): number[] {
  const seen = new Set<number>();
  return received.flatMap((frame) => {
    const number = frameNumber(frame.tag);
    const from = sent.get(number);
    if (frame.ssrc !== ssrc || from === undefined || number < first || seen.has(number)) return [];
    seen.add(number);
    return [Number(frame.ns - from) / 1e6];
  });
}
