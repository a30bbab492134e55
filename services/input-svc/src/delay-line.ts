import { viewer } from '@ancloud/contracts';

/** So many may wait when a move comes: two seconds of 120 a second. */
const MOVES_MAX = 240;
/** So many wait at most: beside those moves all else that one viewer may send at once and in two seconds, which is the longest delay. */
const WAITING_MAX = MOVES_MAX + 3 * viewer.limits.messagesPerSecond;

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

  /** @param move is dropped sooner when too much waits. @returns false when it was dropped. */
  add(delayMs: number, move: boolean, run: () => void): boolean {
    if (this.#waiting.length >= (move ? MOVES_MAX : WAITING_MAX)) return false;
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
    this.#lastMs = -Infinity;
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
