/** Thrown by a check that is not true yet: says what is being waited for, and what there is instead. */
export class NotYet extends Error {}

/**
 * How long anything is waited for that will happen, ms. It decides only when a broken machine is given up, never whether a
 * slow one is right: a loaded one may take tens of times longer than an idle one.
 */
export const PATIENCE_MS = 120_000;

/** Runs `check` until it returns, every 20 ms. After `withinMs` it fails with the last reason: what was still missing. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = PATIENCE_MS): Promise<T> {
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
