import { type Clock, Rate, type Timer } from '@ancloud/kit';

/** Readings under way, over all phones: each is a command in a phone and its answer. */
const AT_ONCE = 8;
/** And so many a second, over all phones: a group of 200 that nobody watches is read within seconds. */
const PER_SECOND = 40;

/** Lets the phones of this host be read in turn. What somebody waits for comes first. */
export class TurnReadings {
  readonly #clock: Clock;
  readonly #rate: Rate;
  /** Those that somebody waits for, and the others; each in the order in which they came. */
  readonly #urgent = new Set<() => void>();
  readonly #others = new Set<() => void>();
  #reading = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#rate = new Rate(PER_SECOND, PER_SECOND, clock.monotonic());
  }

  /** Calls `begin` when it is its turn; whoever begins calls `ended` once. May be called again: it is as urgent as was said last. */
  ask(begin: () => void, urgent: boolean): void {
    (urgent ? this.#others : this.#urgent).delete(begin);
    (urgent ? this.#urgent : this.#others).add(begin);
    this.#next();
  }

  /** It is not called any more. May be called twice. */
  withdraw(begin: () => void): void {
    this.#urgent.delete(begin);
    this.#others.delete(begin);
  }

  /** What was begun is over. */
  ended(): void {
    this.#reading -= 1;
    this.#next();
  }

  #next(): void {
    while (this.#reading < AT_ONCE) {
      const [begin] = this.#urgent.size > 0 ? this.#urgent : this.#others;
      if (begin === undefined) return;
      if (!this.#rate.take(this.#clock.monotonic())) return this.#later();
      this.withdraw(begin);
      this.#reading += 1;
      begin();
    }
  }

  #later(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#next();
    }, 1_000 / PER_SECOND);
    this.#timer.unref();
  }
}
