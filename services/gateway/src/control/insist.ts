import { isAppError, sleep, type Clock } from '@ancloud/kit';

/** A service that was killed is back within a second or two; its lease is another's after three. */
const INSIST_MS = 4_000;
const PAUSE_MS = 100;

/** What another try a moment later cures. */
const PASSING: ReadonlySet<string> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'SESSION_NOT_READY',
  'PHONE_NOT_FOUND',
  'UNAVAILABLE_STATE',
]);

/**
 * Asks until somebody answers: while a service is being started anew, or a phone goes from one instance to the next. Undefined when
 * nobody did in time. Errors: whatever time does not cure.
 */
export async function insist<T>(clock: Clock, ask: () => Promise<T>): Promise<T | undefined> {
  const untilMs = clock.monotonic() + INSIST_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isAppError(error) || !PASSING.has(error.code)) throw error;
      if (clock.monotonic() >= untilMs) return undefined;
      await sleep(PAUSE_MS, undefined, clock);
    }
  }
}
