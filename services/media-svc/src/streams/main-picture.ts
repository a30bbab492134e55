import { AppError, isAppError, type Log } from '@ancloud/kit';
import { type MainState, type MainStep, nextMain } from '../core/main-run.js';

/** How long who needs it waits before that fails, ms. */
const READY_MS = 10_000;

/** The main picture and sound of one inflow. */
export interface MainPicture {
  /** Who consumes it now is sent pictures. */
  readonly runs: boolean;
  /** Somebody is to be sent it, or nobody; told again as often as anybody likes. */
  want(wanted: boolean): void;
  /** Resolves when it runs, or its inflow has ended. Errors: STREAM_FAILED when it does not for 10 s. */
  ready(): Promise<void>;
  /** May be called twice. */
  close(): void;
}

/** Of a session that does not let it rest, or of an origin, which knows by itself who needs it. */
export const alwaysRuns: MainPicture = {
  runs: true,
  want: () => undefined,
  ready: () => Promise.resolve(),
  close: () => undefined,
};

export interface RestingPictureOptions {
  readonly phoneId: string;
  /** As it was attached. */
  readonly runs: boolean;
  /** How long it runs on for nobody. */
  readonly idleMs: number;
  /** Resolves when it flows. */
  readonly run: () => Promise<void>;
  /** Resolves when its server was stopped. */
  readonly rest: () => Promise<void>;
  /** session-svc knows nothing of what was attached; called once. */
  readonly lost: () => void;
  readonly log: Log;
}

/**
 * Has the phone encode its main picture while somebody is sent it, beside whatever becomes of the low layer: core/main-run.ts decides, one call
 * to session-svc at a time. Owned by its ingest; ends by `close`, with which session-svc is not told: the attachment's end does that.
 */
export class RestingPicture implements MainPicture {
  readonly #options: RestingPictureOptions;
  #state: MainState;
  #calling = false;
  #timer: NodeJS.Timeout | undefined;
  #ready = Promise.withResolvers<void>();
  #closed = false;

  constructor(options: RestingPictureOptions) {
    this.#options = options;
    const { runs } = options;
    const now = performance.now();
    this.#state = { at: runs ? 'runs' : 'rests', wanted: runs, sinceMs: now, failed: 0, failedMs: 0 };
    if (runs) this.#ready.resolve();
  }

  get runs(): boolean {
    return this.#state.at === 'runs';
  }

  want(wanted: boolean): void {
    if (wanted === this.#state.wanted) return;
    // Who comes now is not to wait for the failures of others.
    this.#state = { ...this.#state, wanted, sinceMs: performance.now(), failed: 0 };
    this.#look();
  }

  async ready(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, READY_MS)));
    await Promise.race([this.#ready.promise, late]);
    clearTimeout(timer);
    if (this.runs || this.#closed) return;
    const { phoneId } = this.#options;
    throw new AppError('STREAM_FAILED', `phone ${phoneId} sends no picture`, {
      field: 'phone',
      value: phoneId,
      fix: 'is it ready? its status tells',
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#ready.resolve();
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (this.#calling || this.#closed) return;
    const step = nextMain(this.#state, performance.now(), this.#options.idleMs);
    if (step.do === 'wait') this.#timer = setTimeout(() => this.#look(), step.ms);
    else if (step.do !== 'nothing') void this.#call(step.do);
  }

  /** Never rejects. */
  async #call(what: Exclude<MainStep['do'], 'wait' | 'nothing'>): Promise<void> {
    const { phoneId, log, lost } = this.#options;
    this.#calling = true;
    if (this.#state.at === 'runs') this.#ready = Promise.withResolvers();
    this.#state = { ...this.#state, at: 'unsure' };
    try {
      await this.#options[what]();
      this.#state = { ...this.#state, at: what === 'run' ? 'runs' : 'rests', failed: 0 };
      if (what === 'run') this.#ready.resolve();
      log.debug({ phone: phoneId }, what === 'run' ? 'the main picture runs' : 'the main picture rests');
    } catch (err) {
      this.#state = { ...this.#state, failed: this.#state.failed + 1, failedMs: performance.now() };
      if (this.#closed) return;
      log.warn(
        { phone: phoneId, err, what },
        'the main picture does not follow who is sent it; trying again',
      );
      if (isAppError(err, 'FENCED')) return lost();
    } finally {
      this.#calling = false;
    }
    this.#look();
  }
}
