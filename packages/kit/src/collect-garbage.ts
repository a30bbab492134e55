import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * All that can be collected, now, and its pages back to the system: tenths of a second in which nothing else runs. For what a start
 * leaves, two thirds of a service's heap: V8 collects its old space when that has grown, and an idle service's does not grow for hours.
 *
 * `last-resort` is what V8 does before it gives up for lack of memory (Heap::CollectAllAvailableGarbage). A plain `gc()` leaves half-empty
 * pages where they are: twice the memory, until V8's memory reducer has come, which services run without (SERVICE_FLAGS).
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  setFlagsFromString('--no-expose-gc');
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
