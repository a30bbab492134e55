import { AppError, type Clock, isAppError, type Log, realClock, type Timer } from '@ancloud/kit';
import { type KeyParams, keyOf } from './keys.js';
import { renewalsOf, sharedDelay, slotOf } from './renewals.js';
import { acquireLease, readLease, releaseLease } from './scripts.js';
import type { State } from './state.js';

/** One row of contracts' `leases`. */
export interface LeaseKey {
  readonly template: string;
  readonly ttlMs: number;
  /** How often its holder renews it. Default: each third of `ttlMs`. */
  readonly renewMs?: number;
}

/** Who holds a lease, as Redis has it. */
export interface LeaseView {
  /** Empty when nobody holds it. */
  readonly owner: string;
  /** The last fence that was given out; 0 when none ever was. */
  readonly fence: number;
  /** Time left, ms; 0 when nobody holds it. */
  readonly restMs: number;
}

export interface AcquireOptions {
  /**
   * Unique per process and attempt to hold, e.g. `<media id>:<random>`: whoever comes with the owner's name IS the owner.
   * At most 200 characters.
   */
  readonly owner: string;
  /** Default: the table's. */
  readonly ttlMs?: number;
  /** Takes it from a living holder; its fence rises, so the old holder's words are refused from then on. */
  readonly force?: boolean;
  /** As `force`, but only from this one: of several that know it for dead, the first gets the lease and the others hear of that one. */
  readonly from?: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** Renews by itself, together with others that are renewed as often. Default true. */
  readonly autoRenew?: boolean;
}

export type Acquired =
  | { readonly held: true; readonly lease: Lease }
  /** Somebody else holds it for `restMs` more. */
  | ({ readonly held: false } & LeaseView);

/** Tries once to get the lease. Errors: UNAVAILABLE_STATE. */
export async function acquire(
  state: State,
  key: LeaseKey,
  params: KeyParams,
  options: AcquireOptions,
): Promise<Acquired> {
  const name = keyOf(key.template, params);
  const ttlMs = options.ttlMs ?? key.ttlMs;
  const clock = options.clock ?? realClock;
  // Counted from before the question: Redis began to count later, so we never believe longer than it does.
  const asked = clock.monotonic();
  const answer = await state.script(
    acquireLease,
    [name],
    [
      options.owner,
      ttlMs,
      options.force === true ? '1' : options.from === undefined ? '0' : `=${options.from}`,
    ],
  );
  const [taken, fence, rest, holder] = answer as [number, string, number, string?];
  if (taken !== 1) return { held: false, owner: holder ?? '', fence: Number(fence), restMs: rest };
  return {
    held: true,
    lease: new Lease(state, name, Number(fence), asked + ttlMs, {
      ...options,
      ttlMs,
      renewMs: key.renewMs ?? ttlMs / 3,
      clock,
    }),
  };
}

/** Who holds it now. */
export async function viewLease(state: State, key: LeaseKey, params: KeyParams): Promise<LeaseView> {
  const answer = await state.script(readLease, [keyOf(key.template, params)], []);
  const [owner, fence, restMs] = answer as [string, string, number];
  return { owner, fence: Number(fence), restMs };
}

/** True when `fence` is the current holder's: for those who are told to act in a holder's name. */
export async function validateFence(
  state: State,
  key: LeaseKey,
  params: KeyParams,
  fence: number,
): Promise<boolean> {
  const view = await viewLease(state, key, params);
  return view.owner !== '' && view.fence === fence;
}

interface HeldOptions extends AcquireOptions {
  readonly ttlMs: number;
  readonly renewMs: number;
  readonly clock: Clock;
}

/**
 * A held lease. Use it like this: do what only the holder may do, pass `fence` along with it, and stop when `signal`
 * aborts. Owned by whoever acquired it; ends by `release()` or by loss, exactly one of the two.
 *
 * Loss is decided here, by our own clock: when no renewal succeeded for a ttl, whatever the reason (Redis gone, process
 * asleep, somebody took it), `signal` aborts with FENCED. Since the ttl is counted from before the question was sent, this
 * happens no later than Redis lets somebody else in.
 */
export class Lease {
  readonly name: string;
  readonly owner: string;
  /** Grows with each new holding of this lease, also over a lost Redis; exact below 2^53 (ms of Unix time). */
  readonly fence: number;
  readonly #state: State;
  readonly #options: HeldOptions;
  readonly #controller = new AbortController();
  readonly #timers = new Set<Timer>();
  readonly #slot: number;
  #until: number;
  #over = false;

  /** Use `acquire`. */
  constructor(state: State, name: string, fence: number, until: number, options: HeldOptions) {
    this.#state = state;
    this.name = name;
    this.fence = fence;
    this.owner = options.owner;
    this.#options = options;
    this.#until = until;
    this.#slot = slotOf(name);
    this.#guard();
    if (options.autoRenew !== false) this.#renewInTime();
  }

  /** Aborts when the lease is lost (reason: AppError FENCED) or released (reason: AppError CANCELLED). */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** True while it may be acted on. */
  get held(): boolean {
    return !this.#over && this.#options.clock.monotonic() < this.#until;
  }

  /** Calls `fn` once if the lease is lost, soon if it was before; not when it is released. */
  onLost(fn: (reason: AppError) => void): void {
    const told = (): void => {
      if (isAppError(this.signal.reason, 'FENCED')) fn(this.signal.reason);
    };
    // A signal that has aborted tells nobody who comes to listen.
    if (this.signal.aborted) queueMicrotask(told);
    else this.signal.addEventListener('abort', told, { once: true });
  }

  /** Renews now; false = lost. Errors: UNAVAILABLE_STATE (not yet lost: the ttl runs on). */
  async renew(): Promise<boolean> {
    if (this.#over) return false;
    const { clock, ttlMs, owner } = this.#options;
    const asked = clock.monotonic();
    if (asked >= this.#until) {
      this.#lose('it could not be renewed in time');
      return false;
    }
    const { name, fence } = this;
    const renewed = await renewalsOf(this.#state).renew({ name, owner, fence, ttlMs });
    if (this.#over) return false;
    if (!renewed) {
      this.#lose('somebody else has taken it, or it ran out');
      return false;
    }
    this.#until = asked + ttlMs;
    return true;
  }

  /** Gives it back, so that the next need not wait for the ttl. Never fails: a lost Redis lets it run out. May be called twice. */
  async release(): Promise<void> {
    if (this.#over) return;
    this.#end(new AppError('CANCELLED', `the lease ${this.name} was released`));
    try {
      await this.#state.script(releaseLease, [this.name], [this.#options.owner, this.fence]);
    } catch (err) {
      this.#options.log.warn({ lease: this.name, err }, 'a lease could not be released, it will run out');
    }
  }

  /** Wakes when the ttl would be over; renewals move `#until`, so it may have to sleep again. */
  #guard(): void {
    this.#after(this.#until - this.#options.clock.monotonic(), () => {
      if (this.#options.clock.monotonic() >= this.#until) this.#lose('it could not be renewed in time');
      else this.#guard();
    });
  }

  #renewInTime(): void {
    const { clock, renewMs } = this.#options;
    this.#renewLater(sharedDelay(clock.monotonic(), renewMs, this.#slot));
  }

  #renewLater(delay: number): void {
    this.#after(delay, () => void this.#renewOrRetry());
  }

  async #renewOrRetry(): Promise<void> {
    const { ttlMs, log } = this.#options;
    try {
      if (await this.renew()) this.#renewInTime();
    } catch (err) {
      // Redis is away: sooner again, so that a short absence is not noticed by anybody.
      log.warn({ lease: this.name, err }, 'a lease could not be renewed yet');
      if (!this.#over) this.#renewLater(ttlMs / 10);
    }
  }

  #after(delay: number, fn: () => void): void {
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#over) fn();
    }, delay);
    // A lease is never what keeps a process alive.
    timer.unref();
    this.#timers.add(timer);
  }

  #lose(why: string): void {
    if (this.#over) return;
    const reason = new AppError('FENCED', `the lease ${this.name} is lost: ${why}`, { field: this.name });
    this.#options.log.warn({ lease: this.name, fence: this.fence, why }, 'a lease is lost');
    this.#end(reason);
  }

  #end(reason: AppError): void {
    this.#over = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#controller.abort(reason);
  }
}
