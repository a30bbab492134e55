/**
 * Boots are admitted a few at a time: a host that starts with fifty phones to boot would boot none of them in time.
 * How many follows the host's load (core/boot-slots.ts). First come, first served. A phone keeps its slot from asking until `release`; asking again changes nothing.
 */
export class Admission {
  readonly #holders = new Set<string>();
  readonly #queue = new Set<string>();

  constructor(
    /** Boots at once, asked each time. */
    private readonly slots: () => number,
    /** Told when a waiting phone has got its slot. */
    private readonly onGranted: (phone: string) => void,
  ) {}

  /** True when the phone may boot now; otherwise it waits in the queue. */
  ask(phone: string): boolean {
    if (this.#holders.has(phone)) return true;
    this.#queue.add(phone);
    return this.#grant(phone);
  }

  /** The boot is over, well or not, or is not wanted any more. */
  release(phone: string): void {
    this.#queue.delete(phone);
    if (!this.#holders.delete(phone)) return;
    for (const next of this.#queue) {
      if (!this.#grant(next)) return;
      this.onGranted(next);
    }
  }

  #grant(phone: string): boolean {
    const [first] = this.#queue;
    const free = this.slots() - this.#holders.size;
    if (free <= 0 || (first !== phone && this.#queue.size > free)) return false;
    this.#queue.delete(phone);
    this.#holders.add(phone);
    return true;
  }
}
