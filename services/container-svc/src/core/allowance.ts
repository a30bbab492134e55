/**
 * Bounds work that others can cause, by its own cost: it may take one part in `share` of the time, each piece counting for no less
 * than `leastMs`. What comes together is done at once until `aheadMs` are owed, since a burst is no flood.
 */
export class Allowance {
  /** Work done so far is paid for when the clock gets here. */
  #paidAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: { share: number; leastMs: number; aheadMs: number }) {}

  /** How long a piece that is wanted `now` has to wait, ms; 0 = not at all. */
  wait(now: number): number {
    return Math.max(0, this.#paidAt - this.options.aheadMs - now);
  }

  /** A piece was done. */
  pay(began: number, ended: number): void {
    const { share, leastMs } = this.options;
    this.#paidAt = Math.max(this.#paidAt, began) + Math.max(leastMs, (ended - began) * share);
  }
}
