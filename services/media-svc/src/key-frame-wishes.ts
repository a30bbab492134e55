import { due, noWishes, WISH_GAP_MS, wish, type WishReason } from './core/key-frame-wish.js';

/** Passes viewers' wishes for key frames on, as core/key-frame-wish.ts merges them. Owned by its stream; ends by `close`. */
export class KeyFrameWishes {
  readonly #ask: (reason: WishReason) => void;
  readonly #states = { join: noWishes, loss: noWishes };
  readonly #timers = new Set<NodeJS.Timeout>();
  #asked = 0;
  #closed = false;

  constructor(ask: (reason: WishReason) => void) {
    this.#ask = ask;
  }

  /** How many were passed on. */
  get asked(): number {
    return this.#asked;
  }

  want(reason: WishReason): void {
    if (this.#closed) return;
    const decision = wish(this.#states[reason], performance.now(), WISH_GAP_MS[reason]);
    this.#states[reason] = decision.state;
    if (decision.send) this.#pass(reason);
    if (decision.again === undefined) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const later = due(this.#states[reason], performance.now());
      this.#states[reason] = later.state;
      if (later.send) this.#pass(reason);
    }, decision.again);
    this.#timers.add(timer);
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #pass(reason: WishReason): void {
    this.#asked += 1;
    this.#ask(reason);
  }
}
