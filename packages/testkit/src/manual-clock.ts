/** A pending timer; the shape that the services' clock hands out. */
export interface ManualTimer {
  /** May be called twice, and after the timer has fired. */
  cancel(): void;
  unref(): void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * A clock that moves only when told; fits wherever the services take a clock ({now, monotonic, setTimeout}).
 * Timers fire in order of their time, then of their making.
 */
export class ManualClock {
  readonly #unixStart: number;
  #elapsed = 0;
  #made = 0;
  readonly #timers = new Set<Entry>();

  /** @param unixMs what now() says at first; default 2026-01-01 00:00 UTC. */
  constructor(unixMs = 1_767_225_600_000) {
    this.#unixStart = unixMs;
  }

  /** Unix time, ms. */
  now(): number {
    return this.#unixStart + this.#elapsed;
  }

  /** ms since the clock was made. */
  monotonic(): number {
    return this.#elapsed;
  }

  /** Runs `fn` once when the clock has moved on by `ms`. */
  setTimeout(fn: () => void, ms: number): ManualTimer {
    const entry: Entry = { at: this.#elapsed + Math.max(0, ms), order: (this.#made += 1), run: fn };
    this.#timers.add(entry);
    return { cancel: () => void this.#timers.delete(entry), unref: () => undefined };
  }

  /** Timers neither fired nor cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Moves on by `ms`, firing what is due on the way, each at its own time. Before and after each timer the code that
   * waited gets to run, so the timers it makes on the way count too.
   */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    await settle();
    for (let due = this.#next(until); due !== undefined; due = this.#next(until)) {
      this.#timers.delete(due);
      this.#elapsed = due.at;
      due.run();
      await settle();
    }
    this.#elapsed = until;
  }

  #next(until: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#timers) {
      if (entry.at > until) continue;
      if (first === undefined || entry.at < first.at || (entry.at === first.at && entry.order < first.order))
        first = entry;
    }
    return first;
  }
}

/** All promise reactions that are due run before a setImmediate. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
