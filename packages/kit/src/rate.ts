/**
 * A token bucket over the caller's clock: `perSecond` on average, `burst` at once. Mutable and tiny, since it stands on
 * the way of every touch.
 */
export class Rate {
  #tokens: number;
  #at: number;

  constructor(
    readonly perSecond: number,
    readonly burst: number,
    now: number,
  ) {
    this.#tokens = burst;
    this.#at = now;
  }

  /** True when `cost` more may pass at `now` (milliseconds). */
  take(now: number, cost = 1): boolean {
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) * this.perSecond) / 1000);
    this.#at = now;
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }
}
