import type { Clock, Timer } from '@ancloud/kit';
import { Allowance } from '../core/allowance.js';
import type { Observed } from '../core/observed.js';
import { ShimClient } from '../io/shim-client.js';

/**
 * The property area may change hundreds of times a second while booting, and Android 12 and later has some hundred areas to read. A
 * few changes together, as at the end of a boot, are looked at one after the other: somebody waits for the last of them.
 */
const LOOKS = { share: 10, leastMs: 10, aheadMs: 100 };

export interface ShimNewsOptions {
  readonly socket: string;
  /** Looks at the property area after it has changed: whether that is news. */
  readonly progressed: () => boolean;
  /** Something happened to the phone: a run is due. */
  readonly onNews: () => void;
  readonly clock: Clock;
}

/**
 * One connection to the shim of a container that exists. Its end is told at once, and so are changes of the property
 * area; of very many that follow closely the last one is looked at, a little later.
 */
export class ShimNews {
  #shim: ShimClient | undefined;
  #timer: Timer | undefined;
  #closed = false;
  readonly #looks = new Allowance(LOOKS);

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
    const left = this.#looks.wait(this.options.clock.monotonic());
    if (left === 0) {
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
    this.#looks.pay(began, clock.monotonic());
  }
}
