import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import { SessionState } from '@ancloud/contracts/state/v1/state';
import { AppError, type Log } from '@ancloud/kit';
import type { Inflow } from './inflow.js';

/** How long who needs an inflow waits for the phone's session before that fails. */
const READY_MS = 10_000;
const RETRY_MS = [200, 500, 1_000, 2_000] as const;

export interface AttachmentOptions {
  readonly phoneId: string;
  readonly make: (session: SessionRecord) => Promise<Inflow>;
  readonly attached: (inflow: Inflow) => void;
  /** The inflow that was there is gone. */
  readonly dropped: (reason: string) => void;
  /** A newer media-svc carries the stream. */
  readonly fenced: () => void;
  readonly log: Log;
}

/** Keeps an inflow for the session that a phone has now. Owned by its stream; ends by `close`. */
export class Attachment {
  readonly #options: AttachmentOptions;
  #session: SessionRecord | undefined;
  #inflow: Inflow | undefined;
  #attaching = false;
  /** The phone may send, and only in a way that is forbidden: whoever waits is to hear that. */
  #refused: AppError | undefined;
  #ready = Promise.withResolvers<void>();
  #closed = false;

  constructor(options: AttachmentOptions) {
    this.#options = options;
  }

  get inflow(): Inflow | undefined {
    return this.#inflow;
  }

  /** What Redis says of the phone's session now; undefined when it has none. Attaches, re-attaches or lets go. */
  session(session: SessionRecord | undefined): void {
    if (this.#closed) return;
    const ready = session?.state === SessionState.SESSION_STATE_READY ? session : undefined;
    this.#session = ready;
    if (ready === undefined) return this.#drop(session?.reason || 'the phone has no session');
    if (this.#inflow?.serves(ready) === true || this.#attaching) return;
    this.#attaching = true;
    void this.#attach();
  }

  /** An inflow has ended by itself: when it is the one that is used, another is made for the same session. */
  ended(inflow: Inflow, reason: string): void {
    if (this.#closed || this.#inflow !== inflow) return;
    this.#drop(reason);
    if (this.#session !== undefined) this.session(this.#session);
  }

  /** The inflow, once there is one. Errors: STREAM_FAILED when no session gave a picture within 10 s, SRTP_REQUIRED. */
  async ready(): Promise<Inflow> {
    const deadline = Date.now() + READY_MS;
    while (this.#inflow === undefined) {
      const left = deadline - Date.now();
      if (left <= 0 || this.#closed) {
        const { phoneId } = this.#options;
        throw (
          this.#refused ??
          new AppError('STREAM_FAILED', `phone ${phoneId} sends no picture`, {
            field: 'phone',
            value: phoneId,
            fix: 'is it ready? its status tells',
          })
        );
      }
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        this.#ready.promise,
        new Promise<void>((resolve) => (timer = setTimeout(resolve, left))),
      ]);
      clearTimeout(timer);
    }
    return this.#inflow;
  }

  /** The inflow, once its main picture runs. Errors: as `ready`. */
  async main(): Promise<Inflow> {
    for (;;) {
      const inflow = await this.ready();
      await inflow.main.ready();
      // Another one may have come meanwhile.
      if (inflow === this.#inflow) return inflow;
    }
  }

  /** The same without waiting: undefined while it does not run. */
  get mainNow(): Inflow | undefined {
    return this.#inflow?.main.runs === true ? this.#inflow : undefined;
  }

  /** Closes the inflow; who waits for one hears that there is none. May be called twice. */
  close(): void {
    this.#closed = true;
    this.#inflow?.close();
    this.#ready.resolve();
  }

  #drop(reason: string): void {
    if (this.#inflow === undefined) return;
    this.#inflow.close();
    this.#inflow = undefined;
    this.#ready = Promise.withResolvers();
    this.#options.dropped(reason);
  }

  /** Until an inflow serves the session that is current, or there is none. */
  async #attach(): Promise<void> {
    const { log, phoneId } = this.#options;
    try {
      for (let attempt = 0; !this.#closed; attempt++) {
        const session = this.#session;
        if (session === undefined || this.#inflow?.serves(session) === true) return;
        this.#drop('the phone restarts its session');
        try {
          const inflow = await this.#options.make(session);
          if (this.#closed || !inflow.serves(this.#session ?? session)) {
            inflow.close();
            continue;
          }
          this.#inflow = inflow;
          this.#refused = undefined;
          this.#ready.resolve();
          this.#options.attached(inflow);
          log.info(
            {
              phone: phoneId,
              attempt,
              audio: inflow.audio !== undefined,
              rests: !inflow.main.runs,
              origin: inflow.origin,
              srtp: inflow.encrypted,
            },
            'stream attached',
          );
          return;
        } catch (error) {
          if (this.#closed) return;
          if (error instanceof AppError && error.code === 'FENCED') {
            log.warn({ phone: phoneId, err: error }, 'a newer media-svc carries the stream');
            return this.#options.fenced();
          }
          this.#refused = error instanceof AppError && error.code === 'SRTP_REQUIRED' ? error : undefined;
          log.warn(
            { phone: phoneId, err: error, attempt },
            'the session could not be attached; trying again',
          );
          const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 2_000;
          await new Promise((resolve) => setTimeout(resolve, wait));
        }
      }
    } finally {
      // In the turn that saw nothing left: by a `finally` of the promise it came some turns later, and a session told in between was lost.
      this.#attaching = false;
    }
  }
}
