/** What went by the socket has arrived by then, or never will. */
const SETTLED_MS = 250;

/**
 * By which way a viewer's next message goes: its data channel or, while that is not open and for what is too large for it, the
 * signalling's socket. Nothing is overtaken: the channel is quicker, so after the socket was used it waits for a pause. Otherwise the
 * end of a tap could arrive before its beginning, which would then be stale, and the tap lost.
 */
export class InputWay {
  #socketMs: number;

  /** What was said before the channel was asked for went by the socket. */
  constructor(nowMs: number) {
    this.#socketMs = nowMs;
  }

  /** @param fits the channel is open and takes a message of this size. @param nowMs monotonic. */
  next(fits: boolean, nowMs: number): 'channel' | 'socket' {
    if (fits && nowMs - this.#socketMs >= SETTLED_MS) return 'channel';
    this.#socketMs = nowMs;
    return 'socket';
  }
}
