import { AppError, type Clock } from '@ancloud/kit';
import { Buckets } from '../api/buckets.js';

/** Wrong credentials of one address: 20 at once, then one each 3 s. */
const RULE = { burst: 20, perSecond: 1 / 3 } as const;

/**
 * Slows down guessing. Only failures are counted and only failures are refused: nobody is locked out by a stranger who
 * shares their address (NAT, proxy).
 */
export class AuthFailures {
  readonly #buckets: Buckets;

  constructor(clock: Clock) {
    this.#buckets = new Buckets(RULE, clock);
  }

  /** What to throw for a failure of `address`: the error itself, or RATE_LIMITED. `retryAfterMs` > 0 only for the latter. */
  count(address: string, error: unknown): { readonly error: unknown; readonly retryAfterMs: number } {
    const { ok, retryAfterMs } = this.#buckets.spend(address);
    if (ok) return { error, retryAfterMs: 0 };
    return {
      error: new AppError('RATE_LIMITED', 'too many wrong credentials from this address', {
        fix: `try again in ${Math.ceil(retryAfterMs / 1000)} s`,
        cause: error,
      }),
      retryAfterMs,
    };
  }
}
