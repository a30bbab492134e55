import { viewer } from '@ancloud/contracts';
import type { Clock, Timer } from '@ancloud/kit';

/** Our pings are numbered beyond what media-svc would use for requests of its own. */
const PING_ID_BASE = 1_000_000_000;

/** Tells of one viewer's connection whether somebody is still there: pings it, and hears how long it is silent. Its maker closes it. */
export class Pulse {
  readonly #clock: Clock;
  readonly #told: { readonly ping: (frame: string) => void; readonly silent: (ms: number) => void };
  #heardAt: number;
  #pings = 0;
  #timer: Timer | undefined;
  #closed = false;

  /** `silent` is called at most once, and nothing after it. */
  constructor(
    clock: Clock,
    told: { readonly ping: (frame: string) => void; readonly silent: (ms: number) => void },
  ) {
    this.#clock = clock;
    this.#told = told;
    this.#heardAt = clock.monotonic();
  }

  /** Whether a reply of this id answers one of our pings. */
  static answers(id: number): boolean {
    return id >= PING_ID_BASE;
  }

  /** Something came from the viewer. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  start(): void {
    if (this.#closed) return;
    this.#timer = this.#clock.setTimeout(() => this.#beat(), viewer.limits.pingIntervalMs);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #beat(): void {
    const silentMs = this.#clock.monotonic() - this.#heardAt;
    if (silentMs >= viewer.limits.pingTimeoutMs) {
      this.#told.silent(silentMs);
      return;
    }
    this.#pings += 1;
    this.#told.ping(JSON.stringify({ id: PING_ID_BASE + this.#pings, method: 'ping', data: {} }));
    this.start();
  }
}
