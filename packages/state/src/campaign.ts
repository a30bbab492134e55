import { AppError, type Clock, type Log, realClock, sleep } from '@ancloud/kit';
import type { KeyParams } from './keys.js';
import { acquire, type Lease, type LeaseKey } from './lease.js';
import type { State } from './state.js';

export interface CampaignOptions {
  readonly owner: string;
  readonly ttlMs?: number;
  readonly log: Log;
  readonly clock?: Clock;
  /** Called each time the lease was won; the work goes on until `lease.signal` aborts. Must not throw. */
  readonly onHeld: (lease: Lease) => void;
  /** Called once per holder when somebody else has it, e.g. to report HOST_ID_TAKEN. */
  readonly onOther?: (owner: string) => void;
}

/**
 * Wants a lease for as long as it lives: gets it, keeps it, tries again every ttl/3 after a loss or while somebody else
 * has it. For singletons such as the gateways' sweeper and for a host's own lease.
 */
export class Campaign {
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #lease: Lease | undefined;

  constructor(state: State, key: LeaseKey, params: KeyParams, options: CampaignOptions) {
    this.#done = this.#run(state, key, params, options);
  }

  /** The lease while we hold it. */
  get lease(): Lease | undefined {
    return this.#lease?.held === true ? this.#lease : undefined;
  }

  /** Ends and gives the lease back. May be called twice. */
  async close(): Promise<void> {
    this.#stop.abort(new AppError('CANCELLED', 'the campaign was closed'));
    await this.#done;
    await this.#lease?.release();
  }

  async #run(state: State, key: LeaseKey, params: KeyParams, options: CampaignOptions): Promise<void> {
    const pause = (options.ttlMs ?? key.ttlMs) / 3;
    const { signal } = this.#stop;
    let told = '';
    while (!signal.aborted) {
      try {
        const result = await acquire(state, key, params, options);
        if (result.held) {
          told = '';
          this.#lease = result.lease;
          // Closed while asking: `close` gives it back.
          if (signal.aborted) return;
          options.onHeld(result.lease);
          await aborted(result.lease.signal, signal);
          continue;
        }
        if (result.owner !== told) options.onOther?.(result.owner);
        told = result.owner;
      } catch (err) {
        options.log.debug({ lease: key.template, err }, 'a lease could not be asked for yet');
      }
      await sleep(pause, signal, options.clock ?? realClock).catch(() => {});
    }
  }
}

/** Resolves when either signal aborts; leaves no listener behind. */
function aborted(a: AbortSignal, b: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      a.removeEventListener('abort', done);
      b.removeEventListener('abort', done);
      resolve();
    };
    if (a.aborted || b.aborted) {
      resolve();
      return;
    }
    a.addEventListener('abort', done, { once: true });
    b.addEventListener('abort', done, { once: true });
  });
}
