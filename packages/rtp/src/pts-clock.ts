/** Default of {@link PtsClock}'s maxSkewUs. */
const DEFAULT_MAX_SKEW_US = 1_000_000;

/**
 * Places the phone's presentation times on the host clock: host = pts + offset.
 *
 * Phones in containers have their host's CLOCK_MONOTONIC, and its times are what scrcpy sends: then offset is 0, and the mapped time
 * is when the picture was drawn. It is known by an (arrival − pts) from 0 to maxSkewUs: a clock of another beginning does not come by that.
 *
 * Of another clock the offset is the smallest (arrival − pts) seen since the last rebase, so the mapped time is never later than the
 * arrival, and a slow first frame (encoder start) is corrected by the next. When a pts would land more than maxSkewUs
 * before its arrival, the encoder has a new base (restart, phone paused, clock set): the clock rebases by itself.
 * Share one clock between the audio and video of one server: their times have one base, sharing keeps the lips right.
 */
export class PtsClock {
  #offset: number | undefined;

  constructor(private readonly maxSkewUs: number = DEFAULT_MAX_SKEW_US) {}

  /** @param ptsUs phone's clock, µs. @param nowUs host clock at the arrival, µs. @returns host clock, µs, ≤ nowUs. */
  toHostUs(ptsUs: number, nowUs: number): number {
    const offset = nowUs - ptsUs;
    const least = offset >= 0 && offset <= this.maxSkewUs ? 0 : offset;
    if (this.#offset === undefined || least < this.#offset || offset - this.#offset > this.maxSkewUs)
      this.#offset = least;
    return ptsUs + this.#offset;
  }

  /** Call when a new server or encoder takes over. */
  rebase(): void {
    this.#offset = undefined;
  }
}
