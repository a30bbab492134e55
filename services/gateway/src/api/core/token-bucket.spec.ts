import { describe, expect, it } from 'vitest';
import { spend, type Bucket } from './token-bucket.js';

const rule = { burst: 3, perSecond: 1 };

describe('spend', () => {
  it('lets a burst through, then one per refill', () => {
    let bucket: Bucket | undefined;
    const seen = [0, 0, 0, 0, 500, 1000, 1100].map((nowMs) => {
      const result = spend(rule, bucket, nowMs);
      bucket = result.bucket;
      return result.ok;
    });
    expect(seen).toEqual([true, true, true, false, false, true, false]);
  });

  it('says when to come back', () => {
    expect(spend(rule, { left: 0.25, atMs: 0 }, 0).retryAfterMs).toBe(750);
  });

  it('never holds more than the burst, and a clock that goes back takes nothing away', () => {
    expect(spend(rule, { left: 1, atMs: 0 }, 3_600_000).bucket.left).toBe(2);
    expect(spend(rule, { left: 2, atMs: 5_000 }, 0).bucket.left).toBe(1);
  });
});
