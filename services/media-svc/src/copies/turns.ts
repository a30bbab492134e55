/** Work of one key, one after the other; of different keys beside each other. */
export class Turns {
  /** By key, the last that was given. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does it when all that was given for `key` before has ended, however that ended. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const done = before.then(work);
    const over = done.catch(() => undefined);
    this.#last.set(key, over);
    try {
      return await done;
    } finally {
      if (this.#last.get(key) === over) this.#last.delete(key);
    }
  }
}
