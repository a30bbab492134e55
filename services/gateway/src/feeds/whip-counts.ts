import type { Metrics } from '@ancloud/kit';

/** Counts what came of an offer: `first`, `displaced`, or the code with which it was refused. */
export type WhipCount = (outcome: string) => void;

/** The counter of publishers. Never labelled with a feed. */
export function whipCount(metrics: Metrics): WhipCount {
  const publishers = metrics.counter(
    'ancloud_gateway_publishers_total',
    'Offers by WHIP: first, displaced (another publisher of the token has ended for it), or the code with which they were refused',
    ['outcome'],
  );
  return (outcome) => publishers.inc({ outcome });
}
