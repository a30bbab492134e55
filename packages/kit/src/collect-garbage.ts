import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * One full collection, now: tens of milliseconds in which nothing else runs; V8 gives the memory back to the system some seconds
 * later. For what a start leaves, two thirds of a service's heap: V8 collects its old space when that has grown, and an idle
 * service's does not grow for hours.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  setFlagsFromString('--no-expose-gc');
}
