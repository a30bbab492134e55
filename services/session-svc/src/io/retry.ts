import { Backoff, type Clock, type Timer } from '@ancloud/kit';

export interface RetryOptions {
  readonly clock: Clock;
  /** The phone is frozen, and must not be asked for anything: the try is put off. */
  readonly held: () => boolean;
  readonly due: () => void;
}

/** The next try of what failed, each later than the one before. One at a time; ends by `cancel`. */
export class Retry {
  readonly #options: RetryOptions;
  readonly #backoff = new Backoff({ minMs: 100, maxMs: 5_000 });
  #timer: Timer | undefined;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  later(): void {
    const { clock, held, due } = this.#options;
    this.#timer?.cancel();
    this.#timer = clock.setTimeout(() => {
      if (held()) this.later();
      else due();
    }, this.#backoff.next());
    this.#timer.unref();
  }

  /** It went well: the next one is soon again. */
  reset(): void {
    this.#backoff.reset();
  }

  /** May be called twice. */
  cancel(): void {
    this.#timer?.cancel();
  }
}
