import { due, noWishes, wish, type WishReason } from '../core/key-frame-wish.js';

/** Passes viewers' wishes for key frames on, within the limits of core/key-frame-wish.ts. Owned by its stream; ends by `close`. */
export class KeyFrameWishes {
  readonly #ask: (reason: WishReason) => void;
  #state = noWishes;
  #timer: NodeJS.Timeout | undefined;
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
    const decision = wish(this.#state, reason, performance.now());
    this.#state = decision.state;
    if (decision.send) this.#pass(reason);
    if (decision.again === undefined) return;
    this.#timer = setTimeout(() => {
      const later = due(this.#state, performance.now());
      this.#state = later.state;
      if (later.send && !this.#closed) this.#pass('join');
    }, decision.again);
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #pass(reason: WishReason): void {
    this.#asked += 1;
    this.#ask(reason);
  }
}
