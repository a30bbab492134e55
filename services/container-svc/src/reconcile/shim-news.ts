import type { Clock, Timer } from '@ancloud/kit';
import type { Observed } from '../core/observed.js';
import { ShimClient } from '../io/shim-client.js';

/** The property area may change hundreds of times a second while booting: it is looked at no more often than this, ms … */
const GAP_MS = 10;
/** … and for no more than one part in so many of the time: Android 12 and later has some hundred areas to read. */
const SHARE = 10;

export interface ShimNewsOptions {
  readonly socket: string;
  /** Looks at the property area after it has changed: whether that is news. */
  readonly progressed: () => boolean;
  /** Something happened to the phone: a run is due. */
  readonly onNews: () => void;
  readonly clock: Clock;
}

/**
 * One connection to the shim of a container that exists. Its end is told at once, and so is a first change of the property
 * area; of changes that follow closely the last one is looked at, a little later.
 */
export class ShimNews {
  #shim: ShimClient | undefined;
  #timer: Timer | undefined;
  #closed = false;
  /** Monotonic ms: before this the area is not looked at. */
  #notBefore = 0;

  constructor(private readonly options: ShimNewsOptions) {}

  /** Connects, stays connected or lets go, as what was observed asks for. */
  follow({ container }: Observed): void {
    const wanted = (container.kind === 'created' || container.kind === 'running') && container.shim;
    if (!wanted) {
      this.#shim?.close();
      this.#shim = undefined;
      return;
    }
    if (this.#shim !== undefined && !this.#shim.closed) return;
    this.#shim = new ShimClient(this.options.socket, {
      onNews: (type) => {
        if (type === 'exit') this.options.onNews();
        else this.#soon();
      },
      onClose: () => this.options.onNews(),
    });
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#shim?.close();
  }

  #soon(): void {
    if (this.#timer !== undefined || this.#closed) return;
    const left = this.#notBefore - this.options.clock.monotonic();
    if (left <= 0) {
      this.#look();
      return;
    }
    this.#timer = this.options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, left);
    this.#timer.unref();
  }

  #look(): void {
    const { clock, progressed, onNews } = this.options;
    const began = clock.monotonic();
    if (progressed()) onNews();
    const ended = clock.monotonic();
    this.#notBefore = ended + Math.max(GAP_MS, (ended - began) * SHARE);
  }
}
