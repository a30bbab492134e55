import type { viewer } from '@ancloud/contracts';
import type { Clock, Timer } from '@ancloud/kit';

const NOTICE_MS = 1_000;

/**
 * Input of one viewer that was not passed on, summed: the first is told at once, then at most one notice a second, and it names the last
 * reason. Owned by the connection, which ends it.
 */
export class Refusals {
  readonly #clock: Clock;
  readonly #tell: (refused: viewer.ServerNotifications['refused']) => void;
  #count = 0;
  #code = '';
  #message = '';
  #timer: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, tell: (refused: viewer.ServerNotifications['refused']) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  add(code: 'FORBIDDEN' | 'RATE_LIMITED' | 'UNAVAILABLE_BUS', message: string): void {
    this.#count += 1;
    this.#code = code;
    this.#message = message;
    if (this.#timer === undefined) this.#told();
  }

  /** Tells nothing more. May be called twice. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #told(): void {
    this.#timer = undefined;
    if (this.#count === 0 || this.#closed) return;
    this.#tell({ code: this.#code, message: this.#message, count: this.#count });
    this.#count = 0;
    this.#timer = this.#clock.setTimeout(() => this.#told(), NOTICE_MS);
  }
}
