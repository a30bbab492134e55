import type { GroupTimes } from '@ancloud/contracts/gateway/v1/gateway';
import type { GroupSample } from '@ancloud/contracts/input/v1/input';

/** What the samples of all input-svcs say together; undefined when there are none. */
export function groupTimes(samples: readonly GroupSample[]): GroupTimes | undefined {
  if (samples.length === 0) return undefined;
  const reach = samples.map(({ reachMs }) => reachMs);
  const skew = samples.map(({ skewMs }) => skewMs);
  return {
    samples: samples.length,
    reachP50Ms: percentile(reach, 0.5),
    reachP99Ms: percentile(reach, 0.99),
    skewP50Ms: percentile(skew, 0.5),
    skewP99Ms: percentile(skew, 0.99),
  };
}

/** Nearest rank. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
