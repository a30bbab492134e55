export interface EventuallyOptions {
  /** ms; default 60,000: it decides when a hanging spec is given up, never whether a slow one is right. */
  readonly timeoutMs?: number;
  /** Pause between two looks, ms; default 10. */
  readonly intervalMs?: number;
  /** What is awaited, or how far it has come: read when the time is up, so it can tell the state of that moment. */
  readonly reason: string | (() => string);
}

/**
 * Looks again and again until `look` gives something: neither undefined, null nor false, and no exception.
 * @returns what `look` gave. Fails with the reason it still waits, and the last exception as cause.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  { timeoutMs = 60_000, intervalMs = 10, reason }: EventuallyOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const found = await look();
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- exactly what was just excluded
      if (found !== undefined && found !== null && found !== false)
        return found as Exclude<T, undefined | null | false>;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= until) {
      const why = typeof reason === 'string' ? reason : reason();
      const last = failure instanceof Error ? ` (${failure.message})` : '';
      throw new Error(`still waiting after ${timeoutMs} ms: ${why}${last}`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
