import type { Metrics } from '@ancloud/kit';
import type { SignalCounts } from './connection-parts.js';

/** The counters of viewers' connections. Never labelled with a viewer: a farm has thousands. */
export function signalCounts(metrics: Metrics): SignalCounts {
  const joins = metrics.counter(
    'ancloud_gateway_joins_total',
    'Joins of viewers: ok, or the code with which they were refused',
    ['outcome'],
  );
  const dropped = metrics.counter(
    'ancloud_gateway_input_dropped_total',
    'Input messages of WebSockets that were not passed on',
    ['why'],
  );
  return { joined: (outcome) => joins.inc({ outcome }), dropped: (why) => dropped.inc({ why }) };
}
