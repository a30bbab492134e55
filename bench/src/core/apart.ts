import { frameNumber } from './stream-file.js';

interface Frame {
  readonly ssrc: number;
  readonly tag: number;
  readonly ns: bigint;
}

/** One viewer's frames as they came, and the SSRC of its picture. */
export interface Seen {
  readonly frames: readonly Frame[];
  readonly ssrc: number;
}

/** ms by which `late` had each frame after `early`, of frames that both had; below 0: before it. Of one that came twice the first counts. */
export function apart(early: Seen, late: Seen): number[] {
  const at = firstOf(early);
  return [...firstOf(late)].flatMap(([number, ns]) => {
    const from = at.get(number);
    return from === undefined ? [] : [Number(ns - from) / 1e6];
  });
}

function firstOf({ frames, ssrc }: Seen): Map<number, bigint> {
  const at = new Map<number, bigint>();
  for (const frame of frames) {
    const number = frameNumber(frame.tag);
    if (frame.ssrc === ssrc && !at.has(number)) at.set(number, frame.ns);
  }
  return at;
}
