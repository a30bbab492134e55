/**
 * Who wants to be told of one thing, told in the order of asking. A listener that throws goes to `onError` and keeps no
 * other from its turn.
 */
export class Listeners<A extends readonly unknown[] = []> {
  readonly #all = new Set<(...what: A) => void>();

  constructor(private readonly onError: (error: unknown) => void) {}

  /** Answers how to stop being told. */
  add(fn: (...what: A) => void): () => void {
    // A function of its own: the same `fn` may be added twice and taken away once.
    const entry = (...what: A): void => fn(...what);
    this.#all.add(entry);
    return () => void this.#all.delete(entry);
  }

  tell(...what: A): void {
    for (const fn of this.#all) {
      try {
        fn(...what);
      } catch (error) {
        this.onError(error);
      }
    }
  }
}
