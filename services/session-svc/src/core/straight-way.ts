/** What waits for a way's beginning. At 1200 moves a second, the most that a viewer may send, it is 200 ms. */
const WAITING_MAX = 256;

/**
 * Messages of one straight lane on their way into the phone. They are held until all that its viewer said by input-svc before has
 * come; nothing overtakes. When too much waits, or the way ends, what waits is taken as it is: an order that only a lost
 * process could upset is worth less than a key.
 */
export class StraightWay {
  readonly #take: (bytes: Uint8Array) => void;
  #waiting: Uint8Array[] | undefined = [];

  /** Hot: takes one message, valid during the call. */
  constructor(take: (bytes: Uint8Array) => void) {
    this.#take = take;
  }

  /** Hot. `bytes` are valid during the call. */
  message(bytes: Uint8Array): void {
    if (this.#waiting === undefined) return this.#take(bytes);
    // A copy: it stays longer than the chunk that it came in.
    this.#waiting.push(Uint8Array.from(bytes));
    if (this.#waiting.length >= WAITING_MAX) this.begin();
  }

  /** Nothing waits any more. May be called twice. */
  begin(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const bytes of waiting) this.#take(bytes);
  }
}
