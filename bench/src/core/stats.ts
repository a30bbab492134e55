/** The value below which `fraction` of the samples lie, by nearest rank: always one that was measured. NaN of none. */
export function percentile(samples: readonly number[], fraction: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? Number.NaN;
}

export const p50 = (samples: readonly number[]): number => percentile(samples, 0.5);
export const p95 = (samples: readonly number[]): number => percentile(samples, 0.95);
export const p99 = (samples: readonly number[]): number => percentile(samples, 0.99);

/** Three digits that mean something: 0.4372 → 0.437, 12.34 → 12.3, 1234.5 → 1235. */
export function sensible(value: number): number {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return Number(value.toFixed(digits));
}
