/** Frames of a screen that changes all the time are this far apart at most while nothing is wrong, ms. */
const GAP_MS = 150;
/** A picture is back when it has gone on for so long, ms. */
const STEADY_MS = 1_000;

/**
 * How long a picture was lacked after `since`: until the end of the first gap behind which it has gone on. Undefined while it is not back, or has not been lost yet: what was
 * under way when its sender was killed is shown still. Pure; `shown` are the times of frames, ms of one clock.
 */
export function outage(shown: readonly number[], since: number): number | undefined {
  let back: number | undefined;
  let before = since;
  for (const at of shown) {
    if (at <= since) continue;
    if (at - before >= GAP_MS) back = at;
    before = at;
    if (back !== undefined && at - back >= STEADY_MS) return back - since;
  }
  return undefined;
}
