/**
 * Most tiles that move at once. As many as a wide screen shows: each is a WebRTC connection and a decoder to the page (which decodes by
 * the CPU where the graphics card has no more of them), and up to two encoders to its phone's host (docs/protocol.md, "Thumbnails").
 */
export const LIVE_MAX = 12;

/** A tile of the wall, as far as it matters for whether it moves. */
export interface Tile {
  readonly phoneId: string;
  /** The phone runs and can be watched: one that is paused is not woken for its tile. */
  readonly viewable: boolean;
  readonly inSight: boolean;
  /** Its stream failed a moment ago. */
  readonly rests: boolean;
}

/**
 * Which tiles move, by their phones: those in sight, in the order of the wall. One that moves already keeps its place, so that nothing
 * begins and ends because the wall has another order.
 */
export function chooseLive(
  tiles: readonly Tile[],
  moving: ReadonlySet<string>,
  most = LIVE_MAX,
): ReadonlySet<string> {
  const able = tiles.flatMap(({ phoneId, viewable, inSight, rests }) =>
    viewable && inSight && !rests ? [phoneId] : [],
  );
  const kept = able.filter((id) => moving.has(id));
  const others = able.filter((id) => !moving.has(id));
  return new Set([...kept, ...others].slice(0, most));
}
