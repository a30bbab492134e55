/**
 * Policy: at most `limit` items wait. When full, a droppable newcomer pushes out the OLDEST droppable item (a late move
 * is worth less than a new one), a must-keep newcomer does the same, and when nothing droppable is left it is still taken,
 * up to `hardLimit`. Beyond that `push` answers `overflow`: the owner must reset what it serves, since a must-keep item
 * (a finger lifted) would be lost. Items with an equal `latestKey` replace each other in place (latest wins).
 * In the manner of scrcpy's app/src/controller.c, which keeps room for must-keep messages.
 */
export class BoundedQueue<T> {
  readonly #items: T[] = [];
  readonly #options: BoundedQueueOptions<T>;
  #dropped = 0;
  #waiting: (() => void) | undefined;
  #closed = false;

  constructor(options: BoundedQueueOptions<T>) {
    this.#options = options;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Items pushed out or refused so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** See the policy above. `dropped` = this item was refused (droppable, and nothing older could go), or the queue is closed. */
  push(item: T): 'queued' | 'replaced' | 'dropped' | 'overflow' {
    if (this.#closed) return 'dropped';
    const { limit, droppable, latestKey, hardLimit = limit * 2 } = this.#options;
    const key = latestKey?.(item);
    if (key !== undefined) {
      const at = this.#items.findIndex((other) => latestKey?.(other) === key);
      if (at >= 0) {
        this.#items[at] = item;
        return 'replaced';
      }
    }
    if (this.#items.length >= limit) {
      const oldest = this.#items.findIndex((other) => droppable(other));
      if (oldest >= 0) {
        this.#items.splice(oldest, 1);
        this.#dropped += 1;
      } else if (droppable(item)) {
        this.#dropped += 1;
        return 'dropped';
      } else if (this.#items.length >= hardLimit) {
        this.#dropped += 1;
        return 'overflow';
      }
    }
    this.#items.push(item);
    this.#wake();
    return 'queued';
  }

  /** The oldest item, or undefined when none waits. */
  shift(): T | undefined {
    return this.#items.shift();
  }

  /** The oldest item; waits for one. Undefined = closed and empty. One consumer at a time. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined || this.#closed) return item;
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  /** Forgets all that waits; answers how many. */
  clear(): number {
    return this.#items.splice(0).length;
  }

  /** Takes nothing more; what waits can still be taken out. May be called twice. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

export interface BoundedQueueOptions<T> {
  /** Items that wait at most while something can be dropped. */
  readonly limit: number;
  /** Items that wait at most in any case. Default 2 × limit. */
  readonly hardLimit?: number;
  /** True for items that may be lost. */
  readonly droppable: (item: T) => boolean;
  /** Items with an equal key replace each other; undefined = never replaced. */
  readonly latestKey?: (item: T) => string | undefined;
}
