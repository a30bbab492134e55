import { AppError, type Clock } from '@ancloud/kit';
import { spend, type Bucket } from '../api/core/token-bucket.js';

/** Wrong credentials of one address: 20 at once, then one each 3 s. */
const RULE = { burst: 20, perSecond: 1 / 3 } as const;
const ADDRESSES_MAX = 10_000;

/**
 * Slows down guessing. Only failures are counted and only failures are refused: nobody is locked out by a stranger who
 * shares their address (NAT, proxy). Memory: at most 10 000 addresses, the longest unseen is forgotten.
 */
export class AuthFailures {
  readonly #buckets = new Map<string, Bucket>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What to throw for a failure of `address`: the error itself, or RATE_LIMITED. `retryAfterMs` > 0 only for the latter. */
  count(address: string, error: unknown): { readonly error: unknown; readonly retryAfterMs: number } {
    const known = this.#buckets.get(address);
    const result = spend(RULE, known, this.#clock.monotonic());
    this.#buckets.delete(address);
    this.#buckets.set(address, result.bucket);
    if (this.#buckets.size > ADDRESSES_MAX) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    if (result.ok) return { error, retryAfterMs: 0 };
    return {
      error: new AppError('RATE_LIMITED', 'too many wrong credentials from this address', {
        fix: `try again in ${Math.ceil(result.retryAfterMs / 1000)} s`,
        cause: error,
      }),
      retryAfterMs: result.retryAfterMs,
    };
  }
}
