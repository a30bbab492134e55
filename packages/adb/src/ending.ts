/**
 * The end of one connection, for whoever is concerned for a while. The library's promise of it would keep each reaction, and all that
 * hangs on it, until the connection ends: of a phone's every stream that ever was, for weeks.
 */
export class Ending {
  readonly #watchers = new Set<(cause: unknown) => void>();
  #over: { readonly cause: unknown } | undefined;

  /** @param ended settles when the connection ends; may reject. */
  constructor(ended: Promise<void>) {
    const over = (cause: unknown): void => {
      this.#over = { cause };
      for (const watcher of this.#watchers) watcher(cause);
      this.#watchers.clear();
    };
    ended.then(over, over);
  }

  /** Calls `watcher` once, with what ended it if that is known; at once when it has ended already. @returns stops watching; may be called twice. */
  watch(watcher: (cause: unknown) => void): () => void {
    if (this.#over !== undefined) watcher(this.#over.cause);
    else this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }
}
