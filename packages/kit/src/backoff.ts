import { type Clock, realClock, sleep } from './clock.js';

export interface BackoffOptions {
  /** First delay in ms. Default 100. */
  readonly minMs?: number;
  /** Largest delay in ms, before jitter. Default 10 000. */
  readonly maxMs?: number;
  /** Growth per failure, > 1. Default 2. */
  readonly factor?: number;
  /** Share of each delay that is random, 0-1, so that a farm does not retry in step. Default 0.3. */
  readonly jitter?: number;
  /** Source of randomness in [0, 1). Default Math.random. */
  readonly random?: () => number;
}

/** Growing delays between tries of one thing. Owned by the loop that tries. */
export class Backoff {
  readonly #min: number;
  readonly #max: number;
  readonly #factor: number;
  readonly #jitter: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: BackoffOptions = {}) {
    this.#min = options.minMs ?? 100;
    this.#max = options.maxMs ?? 10_000;
    this.#factor = options.factor ?? 2;
    this.#jitter = options.jitter ?? 0.3;
    this.#random = options.random ?? Math.random;
  }

  /** Failures since the last `reset`. */
  get failures(): number {
    return this.#failures;
  }

  /** Delay in ms before the next try: between `(1 - jitter) · d` and `d`, d = min(max, min · factor^failures). */
  next(): number {
    const full = Math.min(this.#max, this.#min * this.#factor ** this.#failures);
    this.#failures += 1;
    return full * (1 - this.#jitter * this.#random());
  }

  /** To be called after a success. */
  reset(): void {
    this.#failures = 0;
  }
}

export interface RetryOptions extends BackoffOptions {
  /** Tries in all, at least 1. Default 3. */
  readonly tries?: number;
  /** Ends the waiting between tries at once; the error of the last try is then thrown. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** False = give up at once with this error. Default: everything is worth another try. */
  readonly retryable?: (error: unknown) => boolean;
}

/** Runs `fn` until it succeeds; throws the last error. `fn` must be safe to run twice. */
export async function retry<T>(fn: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const backoff = new Backoff(options);
  const tries = options.tries ?? 3;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fn(attempt);
    } catch (error) {
      const last =
        attempt >= tries || options.signal?.aborted === true || options.retryable?.(error) === false;
      if (last) throw error;
      try {
        await sleep(backoff.next(), options.signal, options.clock ?? realClock);
      } catch {
        throw error;
      }
    }
  }
}
