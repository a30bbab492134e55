import type { Clock, Timer } from '@ancloud/kit';
import type { Observed } from '../core/observed.js';
import { ShimClient } from '../io/shim-client.js';

/** The property area may change hundreds of times a second while booting: it is looked at this often. */
const NEWS_MS = 50;

export interface ShimNewsOptions {
  readonly socket: string;
  /** Asked at each change of the property area: whether it is worth a look. */
  readonly booting: () => boolean;
  /** Something happened to the phone: a run is due. */
  readonly onNews: () => void;
  readonly clock: Clock;
}

/**
 * One connection to the shim of a container that exists. Its end is told at once, changes of the property area at most
 * once in 50 ms.
 */
export class ShimNews {
  #shim: ShimClient | undefined;
  #timer: Timer | undefined;
  #closed = false;

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
        else if (this.options.booting()) this.#soon();
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
    this.#timer = this.options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.options.onNews();
    }, NEWS_MS);
    this.#timer.unref();
  }
}
