/** Who wants to know that something about an id may have changed. Synchronous and without content: listeners read anew. */
export class Wakeups {
  readonly #byId = new Map<string, Set<() => void>>();
  readonly #all = new Set<(id: string) => void>();

  /** Calls `fn` for one id. Answers how to stop that. */
  on(id: string, fn: () => void): () => void {
    const set = this.#byId.get(id) ?? new Set();
    this.#byId.set(id, set.add(fn));
    return () => {
      set.delete(fn);
      if (set.size === 0) this.#byId.delete(id);
    };
  }

  /** Calls `fn` for every id. Answers how to stop that. */
  onAny(fn: (id: string) => void): () => void {
    this.#all.add(fn);
    return () => void this.#all.delete(fn);
  }

  wake(id: string): void {
    for (const fn of this.#byId.get(id) ?? []) fn();
    for (const fn of this.#all) fn(id);
  }
}
