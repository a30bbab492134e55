/** Frames as they were shown since the last look. */
export interface Shown {
  readonly frames: number;
  /** Times that the picture stood while the phone's went on. */
  readonly stalls: number;
  /** How long it stood in all, ms. */
  readonly stalledMs: number;
}

/** A frame that comes this much later than the phone's own beat says is a stall (W3C webrtc-stats, freezeCount: mean + 150 ms). */
const STALL_MS = 150;
const TICKS_PER_MS = 90;

/**
 * Counts stalls of a picture that is often still. The browser's own `freezeCount` knows only the gaps between frames, and to it
 * a phone that nobody touches freezes all the time; here a gap counts by what it is longer than the gap between the same
 * frames' RTP timestamps, which are the phone's clock. Pure; times of one clock in ms. Browsers that do not tell the timestamp
 * have no stalls.
 */
export class StallMeter {
  #last: { readonly shownMs: number; readonly rtp: number } | undefined;
  #frames = 0;
  #stalls = 0;
  #stalledMs = 0;

  /** @param rtp the frame's RTP timestamp, 90 kHz, 32 bits. */
  shown(shownMs: number, rtp: number | undefined): void {
    this.#frames += 1;
    if (rtp === undefined) return;
    const last = this.#last;
    this.#last = { shownMs, rtp };
    if (last === undefined) return;
    // Serial numbers: they wrap each 13 hours.
    const phoneMs = ((rtp - last.rtp) | 0) / TICKS_PER_MS;
    const late = shownMs - last.shownMs - Math.max(0, phoneMs);
    if (late < STALL_MS) return;
    this.#stalls += 1;
    this.#stalledMs += late;
  }

  /** The picture was taken away (another stream, a page in the background): the next frame is a first one. */
  interrupted(): void {
    this.#last = undefined;
  }

  /** What was counted since the last call. */
  take(): Shown {
    const taken = { frames: this.#frames, stalls: this.#stalls, stalledMs: this.#stalledMs };
    this.#frames = this.#stalls = this.#stalledMs = 0;
    return taken;
  }
}
