import { Backoff, type BackoffOptions } from './backoff.js';
import { abortReason, type Clock, realClock, type Timer } from './clock.js';
import { AppError } from './errors.js';

/*
 * INVARIANTS
 * 1. Per key at most one piece of work runs: a `work` run or one `exclusive` function, never both.
 * 2. Nudges coalesce: however many come during a run, exactly one run follows it. A nudge is never lost: state that
 *    changed before the nudge is seen by a run that began after it.
 * 3. `exclusive` functions jump the queue: they run before the next `work` run, in the order they came.
 * 4. Calling `await exclusive(key, …)` or `await idle(key)` from inside work of the same key DEADLOCKS: it waits for itself.
 *    Calling `nudge(key)` from inside is fine and means "once more".
 * 5. `cancel(key)` aborts the run's signal and does not wait; work that ignores its signal delays its key, not the others.
 * 6. After `stop()` nothing new begins; `join()` resolves when the last run has ended. Work always gets to its end: it is
 *    told to leave, never torn away.
 */

export interface KeyedRunnerOptions {
  /** The work for one key. Level-triggered: it looks at what is and does what is needed, whatever the nudge was about. */
  readonly work: (key: string, signal: AbortSignal) => Promise<void>;
  /** Told about each failed run; must not throw. The key is nudged again after a back-off. */
  readonly onError: (key: string, error: unknown, retryInMs: number) => void;
  /** Runs under way at once over all keys. Default: no limit. */
  readonly concurrency?: number;
  /** Delays after failed runs of one key. Default 500 ms to 30 s. */
  readonly backoff?: BackoffOptions;
  readonly clock?: Clock;
}

interface Job {
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly refuse: (error: Error) => void;
}

/** What is known of a key; exists only while something runs, waits or will be retried. Owned by the runner's map. */
interface Slot {
  dirty: boolean;
  readonly jobs: Job[];
  running: AbortController | undefined;
  queued: boolean;
  retry: Timer | undefined;
  readonly backoff: Backoff;
  readonly idle: (() => void)[];
}

/** One exclusive worker per key (phone): see INVARIANTS. In the manner of balena-supervisor's exclusive-runner.ts. */
export class KeyedRunner {
  readonly #slots = new Map<string, Slot>();
  /** Keys that want to run and wait for room, oldest first. */
  readonly #ready: string[] = [];
  readonly #options: KeyedRunnerOptions;
  readonly #clock: Clock;
  #active = 0;
  #stopped = false;
  #joined: (() => void)[] = [];

  constructor(options: KeyedRunnerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
  }

  /** Keys that run, wait or will be retried. */
  get keys(): string[] {
    return [...this.#slots.keys()];
  }

  /** True while something of `key` runs. */
  isRunning(key: string): boolean {
    return this.#slots.get(key)?.running !== undefined;
  }

  /** Asks for a run of `key`'s work, soon and once. Ends a back-off. */
  nudge(key: string): void {
    if (this.#stopped) return;
    const slot = this.#slot(key);
    slot.dirty = true;
    this.#schedule(key, slot);
  }

  /** Runs `fn` alone on `key`, before the next work run; then the work is run too, since `fn` has changed something. */
  exclusive<T>(key: string, fn: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#stopped) return Promise.reject(stopping());
    return new Promise<T>((resolve, reject) => {
      const slot = this.#slot(key);
      slot.jobs.push({ run: (signal) => fn(signal).then(resolve, reject), refuse: reject });
      slot.dirty = true;
      this.#schedule(key, slot);
    });
  }

  /** Aborts what runs for `key` with `reason`. A run that was cancelled counts as ended, not failed; nudge for another. */
  cancel(key: string, reason: Error = new AppError('CANCELLED', `work on ${key} was cancelled`)): void {
    this.#slots.get(key)?.running?.abort(reason);
  }

  /** Resolves when nothing runs or waits for `key`; a pending retry does not count. For tests and for removal. */
  idle(key: string): Promise<void> {
    const slot = this.#slots.get(key);
    if (slot === undefined || !busy(slot)) return Promise.resolve();
    return new Promise((resolve) => slot.idle.push(resolve));
  }

  /** Begins nothing more; aborts what runs; refuses waiting `exclusive` calls with CANCELLED. May be called twice. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#ready.length = 0;
    for (const [key, slot] of this.#slots) {
      slot.retry?.cancel();
      slot.dirty = false;
      slot.queued = false;
      for (const job of slot.jobs.splice(0)) job.refuse(stopping());
      if (slot.running === undefined) this.#release(key, slot);
      else slot.running.abort(stopping());
    }
  }

  /** After `stop`: resolves when the last run has ended. */
  join(): Promise<void> {
    return this.#active === 0 ? Promise.resolve() : new Promise((resolve) => this.#joined.push(resolve));
  }

  #slot(key: string): Slot {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = {
        dirty: false,
        jobs: [],
        running: undefined,
        queued: false,
        retry: undefined,
        backoff: new Backoff({ minMs: 500, maxMs: 30_000, ...this.#options.backoff }),
        idle: [],
      };
      this.#slots.set(key, slot);
    }
    return slot;
  }

  #schedule(key: string, slot: Slot): void {
    slot.retry?.cancel();
    slot.retry = undefined;
    if (slot.running !== undefined || slot.queued) return;
    slot.queued = true;
    this.#ready.push(key);
    this.#pump();
  }

  #pump(): void {
    const limit = this.#options.concurrency ?? Infinity;
    while (this.#active < limit) {
      const key = this.#ready.shift();
      if (key === undefined) return;
      const slot = this.#slots.get(key);
      if (slot === undefined) continue;
      slot.queued = false;
      slot.running = new AbortController();
      this.#active += 1;
      void this.#run(key, slot, slot.running.signal);
    }
  }

  async #run(key: string, slot: Slot, signal: AbortSignal): Promise<void> {
    // Begins in a later microtask, so that nudge() never runs work inside its caller.
    await Promise.resolve();
    const job = slot.jobs.shift();
    let failure: { error: unknown } | undefined;
    try {
      if (job === undefined) {
        slot.dirty = false;
        await this.#options.work(key, signal);
        slot.backoff.reset();
      } else {
        await job.run(signal);
      }
    } catch (error) {
      if (!signal.aborted) failure = { error };
    }
    this.#active -= 1;
    slot.running = undefined;
    if (failure !== undefined && !this.#stopped) this.#retryLater(key, slot, failure.error);
    if (!this.#stopped && (slot.jobs.length > 0 || (slot.dirty && slot.retry === undefined)))
      this.#schedule(key, slot);
    else this.#release(key, slot);
    this.#pump();
    if (this.#active === 0) for (const done of this.#joined.splice(0)) done();
  }

  #retryLater(key: string, slot: Slot, error: unknown): void {
    // Nudged while failing: the nudge is news, so the next run does not wait.
    const delay = slot.dirty ? 0 : slot.backoff.next();
    this.#options.onError(key, error, delay);
    if (slot.dirty) return;
    slot.retry = this.#clock.setTimeout(() => {
      slot.retry = undefined;
      this.nudge(key);
    }, delay);
    slot.retry.unref();
  }

  #release(key: string, slot: Slot): void {
    if (busy(slot)) return;
    for (const done of slot.idle.splice(0)) done();
    if (slot.retry === undefined || this.#stopped) this.#slots.delete(key);
  }
}

function busy(slot: Slot): boolean {
  return slot.running !== undefined || slot.queued || slot.jobs.length > 0;
}

function stopping(): Error {
  return abortReason(AbortSignal.abort(new AppError('CANCELLED', 'the runner is stopping')));
}
