/** Frames of a screen that changes all the time are this far apart at most while nothing is wrong, ms. */
const GAP_MS = 150;
/** What was under way when its sender died is shown still; a gap that begins later than this is another one's, ms. */
const BEGINS_MS = 1_000;
/** A picture is back when it has gone on for so long, ms. */
const STEADY_MS = 1_000;

/**
 * How long a picture was lacked after `since`: until the end of the first gap behind which it has gone on; where there is none, the widest time between two frames.
 * Undefined while it is not known. Pure; `shown` are the times of frames, ms of one clock.
 */
export function outage(shown: readonly number[], since: number): number | undefined {
  let before = since;
  let back: number | undefined;
  let widest = 0;
  for (const at of shown) {
    if (at <= since) continue;
    const gap = at - before;
    if (before - since < BEGINS_MS) widest = Math.max(widest, gap);
    if (gap >= GAP_MS && (back !== undefined || before - since < BEGINS_MS)) back = at;
    before = at;
    if (back !== undefined && at - back >= STEADY_MS) return back - since;
    if (back === undefined && at - since >= BEGINS_MS + STEADY_MS) return widest;
  }
  return undefined;
}
