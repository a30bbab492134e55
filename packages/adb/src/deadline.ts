import { AdbError } from './errors.js';

/** How long and until when something may last; both absent = without end. */
export interface Limits {
  /** ms from now, then ADB_TIMEOUT. */
  readonly timeoutMs?: number;
  /** Aborted → ADB_ABORTED. */
  readonly signal?: AbortSignal;
}

/**
 * Settles as `work`, or rejects at the deadline or the signal, whichever is first; never leaves a timer or listener.
 * When it gives up, `undo` gets the late result, if there ever is one, so nothing leaks.
 */
export async function within<T>(
  what: string,
  { timeoutMs, signal }: Limits,
  work: Promise<T>,
  undo: (late: T) => void = () => undefined,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const gaveUp = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new AdbError('ADB_ABORTED', `${what}: aborted`, { cause: signal?.reason }));
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutMs !== undefined)
      timer = setTimeout(
        () => reject(new AdbError('ADB_TIMEOUT', `${what}: no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
  });
  let settled = false;
  try {
    const result = await Promise.race([work, gaveUp]);
    settled = true;
    return result;
  } catch (error) {
    // Either work failed (then this catch of it is harmless) or we gave up and its late result must be undone.
    if (!settled) work.then(undo, () => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}
