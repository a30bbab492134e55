/** Moves that wait at most: two seconds of 120 a second. What else waits is bounded by what one viewer may send. */
const MOVES_MAX = 240;

interface Waiting {
  readonly dueMs: number;
  readonly run: () => void;
}

/** Things that are done later, in the order in which they came, however unequal their delays. Its owner closes it. */
export class DelayLine {
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lastMs = -Infinity;

  /** Nothing waits. */
  get idle(): boolean {
    return this.#waiting.length === 0;
  }

  /** @param move may be dropped when too much waits. @returns false when it was. */
  add(delayMs: number, move: boolean, run: () => void): boolean {
    if (move && this.#waiting.length >= MOVES_MAX) return false;
    const now = performance.now();
    const dueMs = Math.max(now + delayMs, this.#lastMs);
    this.#lastMs = dueMs;
    if (dueMs <= now && this.#waiting.length === 0) run();
    else {
      this.#waiting.push({ dueMs, run });
      this.#later();
    }
    return true;
  }

  /** What waits is void. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #later(): void {
    const [next] = this.#waiting;
    if (this.#timer !== undefined || next === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        const now = performance.now();
        while (this.#waiting[0] !== undefined && this.#waiting[0].dueMs <= now) this.#waiting.shift()?.run();
        this.#later();
      },
      Math.max(0, Math.ceil(next.dueMs - performance.now())),
    );
  }
}
