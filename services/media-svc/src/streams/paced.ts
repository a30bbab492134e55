/** Calls `tell` at the first change at once, and for those that follow within `ms` once, at their end. Ends by `close`. */
export class Paced {
  readonly #ms: number;
  readonly #tell: () => void;
  #timer: NodeJS.Timeout | undefined;
  #due = false;

  constructor(ms: number, tell: () => void) {
    this.#ms = ms;
    this.#tell = tell;
  }

  changed(): void {
    this.#due = true;
    if (this.#timer === undefined) this.#now();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #now(): void {
    this.#due = false;
    this.#tell();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#due) this.#now();
    }, this.#ms);
  }
}
