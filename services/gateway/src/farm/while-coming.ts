import { type Clock, isAppError, sleep } from '@ancloud/kit';

/**
 * A phone is READY some hundred ms before its session and its input are served, seconds before on a host that is busy: whoever made a
 * phone and uses it at once waits for so long, ms.
 */
const COMING_MS = 5_000;
const LOOK_MS = 100;

/** Asks again while the answer is SESSION_NOT_READY and `coming` (default: yes) says that it will be another. Errors: those of `ask`, the last one. */
export async function whileComing<T>(
  clock: Clock,
  ask: () => Promise<T>,
  coming: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<T> {
  const untilMs = clock.monotonic() + COMING_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isAppError(error, 'SESSION_NOT_READY') || clock.monotonic() >= untilMs || !(await coming()))
        throw error;
    }
    await sleep(LOOK_MS, undefined, clock);
  }
}
