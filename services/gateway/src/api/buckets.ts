import type { Clock } from '@ancloud/kit';
import { type Bucket, type BucketRule, spend } from './core/token-bucket.js';

const KEYS_MAX = 10_000;

/** A bucket for each of many, by one rule. Memory: at most 10 000, the longest unseen is forgotten. */
export class Buckets {
  readonly #rule: BucketRule;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rule: BucketRule, clock: Clock) {
    this.#rule = rule;
    this.#clock = clock;
  }

  /** Spends one of `key`'s. `retryAfterMs` is 0 when there was one. */
  spend(key: string): { readonly ok: boolean; readonly retryAfterMs: number } {
    const { ok, bucket, retryAfterMs } = spend(this.#rule, this.#buckets.get(key), this.#clock.monotonic());
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > KEYS_MAX) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return { ok, retryAfterMs };
  }
}
