import { type PushRecord, PushState } from '@ancloud/contracts/state/v1/state';
import { Backoff, type Log } from '@ancloud/kit';
import type { LinkEvents, PushLink } from './push-link.js';

/** A push that could send nothing for this long is nobody's any more: the phone encodes for it. */
const PATIENCE_MS = 10 * 60_000;

export interface PushOptions {
  readonly record: PushRecord;
  /** Begins one connection. */
  readonly connect: (events: LinkEvents) => PushLink;
  /** It is over for good while there is no connection: tells the destination, where that can be told. */
  readonly finish?: (() => void) | undefined;
  /** A connection ended, or never was, not by us. */
  readonly failed: () => void;
  /** Called once, when it has ended by itself. */
  readonly ended: () => void;
  readonly log: Log;
}

/**
 * A phone's stream on its way to one server elsewhere: one connection after another. It tries again, slower each time up to half a minute,
 * until it is stopped or has sent nothing in 10 minutes of trying. Owned by `Pushes`.
 */
export class Push {
  readonly #options: PushOptions;
  #record: PushRecord;
  #link: PushLink | undefined;
  /** Frames that connections before this one have sent. */
  #framesBefore = 0;
  /** Since then it has found nobody to send to, while nothing goes out. A screen that stands still sends nothing by a connection that is well. */
  #seeksSinceMs = performance.now();
  readonly #backoff = new Backoff({ minMs: 500, maxMs: 30_000 });
  #retry: NodeJS.Timeout | undefined;

  constructor(options: PushOptions) {
    this.#options = options;
    this.#record = options.record;
  }

  get record(): PushRecord {
    return this.#record;
  }

  get running(): boolean {
    return this.#record.state !== PushState.PUSH_STATE_ENDED;
  }

  begin(): void {
    this.#framesBefore = this.#record.frames;
    this.#link = this.#options.connect({
      began: () => (this.#record = { ...this.#record, attempts: this.#record.attempts + 1 }),
      sent: (frames) => this.#sent(frames),
      ended: (reason, laterMs) => this.#again(reason, laterMs),
    });
  }

  /** `forGood`: it does not begin again with the next process. May be called twice. */
  close(reason: string, forGood: boolean): void {
    if (!this.running) return;
    this.#record = { ...this.#record, state: PushState.PUSH_STATE_ENDED, reason, endedAtMs: Date.now() };
    clearTimeout(this.#retry);
    if (this.#link !== undefined) this.#link.close(forGood);
    else if (forGood) this.#options.finish?.();
    this.#options.log.info({ push: this.#record.pushId, reason }, 'push ended');
  }

  #sent(frames: number): void {
    if (!this.running) return;
    this.#backoff.reset();
    this.#record = {
      ...this.#record,
      state: PushState.PUSH_STATE_LIVE,
      reason: '',
      frames: this.#framesBefore + frames,
    };
  }

  #again(reason: string, laterMs = 0): void {
    if (!this.running) return;
    const { log, failed, ended } = this.#options;
    this.#link = undefined;
    failed();
    log.info({ push: this.#record.pushId, reason }, 'a push is interrupted');
    if (this.#record.state === PushState.PUSH_STATE_LIVE) this.#seeksSinceMs = performance.now();
    if (performance.now() - this.#seeksSinceMs > PATIENCE_MS) {
      this.close(`nothing was sent for ${PATIENCE_MS / 60_000} minutes: ${reason}`, true);
      ended();
      return;
    }
    this.#record = { ...this.#record, state: PushState.PUSH_STATE_CONNECTING, reason };
    this.#retry = setTimeout(() => this.begin(), Math.max(this.#backoff.next(), laterMs));
  }
}
