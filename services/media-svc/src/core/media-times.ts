/**
 * Both clocks in one: 90 kHz · 8 = 48 kHz · 15. Sound and picture of a phone are stamped by one clock without offset (docs/protocol.md,
 * "Picture"), so on this circle of 2^32 ticks (99 minutes) they stand where they belong, without sender reports.
 */
const TICKS_PER_MS = 720;
const SCALE = { video: 8, audio: 15 } as const;
const CIRCLE = 2 ** 32;
/**
 * A phone's clock against ours beyond which the times are another clock's: the phone's session moved to another host. Below it,
 * what a frame was late by. ms.
 */
const LEAP_MS = 10_000;

/**
 * RTP timestamps of one phone → µs since the first picture. Which turn of the circle a timestamp is in, its arrival tells: a still
 * screen without sound may be silent for hours.
 */
export class MediaTimes {
  #origin: { readonly ticks: number; readonly arrivalMs: number } | undefined;
  readonly #last = { video: -1, audio: -1 };

  /**
   * Time of a picture or a packet of sound that arrived at `arrivalMs` (monotonic), growing strictly for each of the two; undefined
   * when its clock has leapt, or for sound from before the first picture.
   */
  place(kind: 'video' | 'audio', timestamp: number, arrivalMs: number): number | undefined {
    const ticks = (timestamp * SCALE[kind]) % CIRCLE;
    if (this.#origin === undefined) {
      if (kind === 'audio') return undefined;
      this.#origin = { ticks, arrivalMs };
    }
    const expected = (arrivalMs - this.#origin.arrivalMs) * TICKS_PER_MS;
    const turned = ticks - this.#origin.ticks;
    const since = turned + Math.round((expected - turned) / CIRCLE) * CIRCLE;
    if (Math.abs(since - expected) > LEAP_MS * TICKS_PER_MS) return undefined;
    if (since < 0) return undefined;
    const us = Math.max(Math.round((since * 1_000) / TICKS_PER_MS), this.#last[kind] + 1);
    this.#last[kind] = us;
    return us;
  }
}
