/** Thrown by a check that is not true yet: says what is being waited for, and what there is instead. */
export class NotYet extends Error {}

/**
 * Runs `check` until it returns, every 20 ms. After `withinMs` (default 10 000) it fails with the last reason, so that a
 * timeout says what was still missing.
 */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 10_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (cause) {
      if (performance.now() >= deadline) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`still not so after ${withinMs} ms: ${why}`, { cause });
      }
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

/** Fails with `reason` unless `condition` holds: for use inside `eventually`. */
export function require(condition: boolean, reason: string): void {
  if (!condition) throw new NotYet(reason);
}
