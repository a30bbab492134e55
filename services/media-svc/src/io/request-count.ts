import type { ErrorCode } from '@ancloud/contracts';
import type { Metrics } from '@ancloud/kit';

/** Counts the code with which a viewer's request, or a frame that is none, was refused. */
export type RequestCount = (code: ErrorCode) => void;

/** Never labelled with a method: a viewer writes what it likes there. */
export function requestCount(metrics: Metrics): RequestCount {
  const refused = metrics.counter(
    'ancloud_media_requests_refused_total',
    'Requests of viewers but for their joins, and frames that are none, by the code with which they were refused',
    ['code'],
  );
  return (code) => refused.inc({ code });
}
