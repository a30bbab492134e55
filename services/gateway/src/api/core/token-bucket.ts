/** A bucket of permissions that refills evenly. Pure: the caller owns the clock. */
export interface BucketRule {
  /** Most that can be spent at once. */
  readonly burst: number;
  /** Refill per second. */
  readonly perSecond: number;
}

export interface Bucket {
  readonly left: number;
  readonly atMs: number;
}

/** Spends `cost` when there is enough; a refused spend costs nothing. `nowMs` must not go back. */
export function spend(
  rule: BucketRule,
  bucket: Bucket | undefined,
  nowMs: number,
  cost = 1,
): { readonly ok: boolean; readonly bucket: Bucket; readonly retryAfterMs: number } {
  const left =
    bucket === undefined
      ? rule.burst
      : Math.min(rule.burst, bucket.left + (Math.max(0, nowMs - bucket.atMs) / 1000) * rule.perSecond);
  if (left >= cost) return { ok: true, bucket: { left: left - cost, atMs: nowMs }, retryAfterMs: 0 };
  const retryAfterMs = Math.ceil(((cost - left) / rule.perSecond) * 1000);
  return { ok: false, bucket: { left, atMs: nowMs }, retryAfterMs };
}
