/**
 * Time as a dependency, so that rules about leases, deadlines and back-off are tested without waiting.
 * Services take a `Clock`; only `main.ts` names `realClock`.
 */
export interface Clock {
  /** Unix time in milliseconds. May jump when the machine's clock is set: for records only, never for measuring. */
  now(): number;
  /** Milliseconds since an arbitrary start, never going back. For measuring and deadlines. */
  monotonic(): number;
  /** Runs `fn` once after `ms` (at least 0); the timer keeps the process alive unless unref'ed. */
  setTimeout(fn: () => void, ms: number): Timer;
}

/** A timer that has an owner: whoever made it cancels it. */
export interface Timer {
  /** May be called twice, and after the timer has fired. */
  cancel(): void;
  /** Lets the process end although the timer is pending. */
  unref(): void;
}

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (fn, ms) => {
    const handle = setTimeout(fn, Math.max(0, ms));
    return { cancel: () => clearTimeout(handle), unref: () => void handle.unref() };
  },
};

/**
 * Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. The timer is always cancelled, so an
 * aborted sleep leaves nothing behind.
 */
export function sleep(ms: number, signal?: AbortSignal, clock: Clock = realClock): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortReason(signal));
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(abortReason(signal as AbortSignal));
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The reason of an aborted signal, as an Error whatever the aborter passed. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error
    ? signal.reason
    : new Error('aborted', signal.reason === undefined ? undefined : { cause: signal.reason });
}
