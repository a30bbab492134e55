import type { Bus, BusSubscription } from '@ancloud/bus';
import type { Subject } from '@ancloud/contracts';
import { type Clock, type Log, realClock, type Timer } from '@ancloud/kit';
import { type KeyParams, keyOf } from './keys.js';
import { parseRecord, type Records } from './records.js';
import type { State } from './state.js';

export interface WatchOptions<T, F> {
  readonly state: State;
  readonly bus: Bus;
  /** Facts that say a record changed. Its parameters must name the record (`{phone}` ↔ `{phone}`). */
  readonly subject: Subject<F>;
  readonly records: Records<T>;
  /** All records that should be known, for resyncs; e.g. the members of a set. Default: SCAN over the kind. */
  readonly list?: () => Promise<readonly KeyParams[]>;
  /** False = the fact is not about a record of ours (another host's phone). Default: all are. */
  readonly accept?: (params: KeyParams, fact: F) => boolean;
  /** A record is new or differs from what was last told. Quick and synchronous: nudge a worker, do not work here. */
  readonly onChange: (params: KeyParams, value: T) => void;
  /** A record that was told of is gone (deleted, expired, or no longer listed). */
  readonly onGone: (params: KeyParams) => void;
  /** Time between full resyncs, ms. Default 10 000. */
  readonly resyncMs?: number;
  readonly log: Log;
  readonly clock?: Clock;
}

interface Known {
  readonly params: KeyParams;
  readonly text: string;
}

/**
 * Level-triggered view of records: facts wake it, Redis is what it believes, and a full resync at the start, after each
 * reconnection of NATS or Redis, and every `resyncMs` finds whatever a lost fact hid. Never polls alone: without facts it
 * is merely late.
 *
 * One round runs at a time; facts that come meanwhile are read in the next round, each record once. While Redis is away
 * nothing is told, neither changes nor disappearances: absence of an answer is not absence of a record.
 * Owned by its maker; `close()` ends it.
 */
export class RecordWatch<T, F> {
  readonly #options: WatchOptions<T, F>;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  /** Records to be read in the next round. */
  readonly #nudged = new Map<string, KeyParams>();
  readonly #release: (() => void)[] = [];
  readonly #subscription: BusSubscription;
  #full = true;
  #running = false;
  #closed = false;
  #timer: Timer | undefined;
  #waiting: (() => void)[] = [];

  /** Use `watchRecords`. */
  constructor(options: WatchOptions<T, F>) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    const resync = (): void => void this.resync();
    this.#release.push(options.bus.onReconnect(resync), options.state.onReconnect(resync));
    this.#subscription = options.bus.subscribe(options.subject, {}, (fact, params) => {
      if (options.accept?.(params, fact) === false) return;
      this.nudge(params);
    });
    resync();
  }

  /** Parameters of all records that were told of and not told gone. */
  get known(): KeyParams[] {
    return [...this.#known.values()].map((entry) => entry.params);
  }

  /** Reads one record soon, as if a fact had come. */
  nudge(params: KeyParams): void {
    this.#nudged.set(keyOf(this.#options.records.key.template, params), params);
    this.#go();
  }

  /** Asks for a full round; resolves after one that began later has succeeded, or at `close()`. */
  resync(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      // Before `#go`: a round that begins in it takes over who waits.
      this.#waiting.push(resolve);
      this.#full = true;
      this.#go();
    });
  }

  /** Tells nothing more. May be called twice. */
  close(): void {
    this.#closed = true;
    this.#subscription.close();
    this.#noTimer();
    for (const release of this.#release.splice(0)) release();
    for (const done of this.#waiting.splice(0)) done();
  }

  #go(): void {
    if (!this.#running && !this.#closed) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    const read = await this.#rounds();
    this.#running = false;
    if (!read) this.#later(this.#retryMs());
    else if (this.#full || this.#nudged.size > 0) this.#go();
    else if (this.#timer === undefined) this.#later(this.#options.resyncMs ?? 10_000);
  }

  /** False = Redis could not be read; a full round is due. */
  async #rounds(): Promise<boolean> {
    while (!this.#closed && (this.#full || this.#nudged.size > 0)) {
      const full = this.#full;
      const waiting = full ? this.#waiting.splice(0) : [];
      const nudged = [...this.#nudged.values()];
      this.#full = false;
      this.#nudged.clear();
      try {
        await this.#round(full, nudged);
      } catch (err) {
        this.#options.log.warn(
          { records: this.#options.records.key.template, err },
          'records could not be read, trying again',
        );
        this.#full = true;
        this.#waiting.push(...waiting);
        return false;
      }
      for (const done of waiting) done();
      if (full) this.#noTimer();
    }
    return true;
  }

  async #round(full: boolean, nudged: readonly KeyParams[]): Promise<void> {
    const { records, list, bus } = this.#options;
    // The server must know of our subscription before we read: a change in between would be seen by neither.
    if (full) await bus.flush();
    const listed = full ? await (list?.() ?? records.list()) : [];
    const wanted = new Map<string, KeyParams>();
    for (const params of [...listed, ...nudged]) wanted.set(keyOf(records.key.template, params), params);
    const entries = [...wanted];
    const texts = await records.getTexts(entries.map(([, params]) => params));
    if (this.#closed) return;
    for (const [index, [key, params]] of entries.entries()) this.#compare(key, params, texts[index]);
    if (!full) return;
    for (const [key, { params }] of this.#known) if (!wanted.has(key)) this.#compare(key, params, undefined);
  }

  #compare(key: string, params: KeyParams, text: string | undefined): void {
    const known = this.#known.get(key);
    if (known?.text === text) return;
    const { records, onChange, onGone } = this.#options;
    try {
      if (text === undefined) {
        this.#known.delete(key);
        onGone(params);
        return;
      }
      const value = parseRecord(records.key.codec, key, text);
      this.#known.set(key, { params, text });
      onChange(params, value);
    } catch (err) {
      this.#options.log.error({ key, err }, 'a changed record could not be handled');
    }
  }

  #retryMs(): number {
    return Math.min(1_000, this.#options.resyncMs ?? 10_000);
  }

  /** A full round is due `resyncMs` after the last one, however many facts have come: on a busy farm there is never a quiet `resyncMs`. */
  #noTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #later(ms: number): void {
    if (this.#closed) return;
    this.#noTimer();
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#full = true;
      this.#go();
    }, ms);
    this.#timer.unref();
  }
}

/** Begins to watch; the first round is under way: `await watch.resync()` to have seen one whole. */
export function watchRecords<T, F>(options: WatchOptions<T, F>): RecordWatch<T, F> {
  return new RecordWatch(options);
}
