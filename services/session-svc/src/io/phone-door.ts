import { setTimeout as rest } from 'node:timers/promises';
import type { Log } from '@ancloud/kit';
import { openByDoor } from '@ancloud/phone-door';
import { DoorStream } from './door-stream.js';

/**
 * A server that has not opened its socket by then is looked for by adb: on a host where nothing else is wrong it starts sooner, and a phone
 * whose programs have another network namespace than its init is never found through the door.
 */
const PATIENCE_MS = 10_000;
const ANSWER_MS = 1_000;
/** Nobody listens yet, in the phone or at the door of a shim that was killed; the listener's queue, or the door's, is full. All pass. */
const PASSING = new Set(['ECONNREFUSED', 'EAGAIN']);
/** A machine that stands still for a second has a door that does; one that does so each time is of no use. */
const LATE_MAX = 3;
/** Servers in a row that only adb finds. */
const DEAF_MAX = 2;

/** How a server's socket is waited for: it is asked for again after `retryMs`, for `timeoutMs` in all. */
export interface SocketWish {
  readonly retryMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * The way to a phone's abstract sockets past its adbd: adb's packets, and its OKAY for each write, cost both ends more than what they carry.
 * What cannot be had by it is asked of adb. Closes what it gave; owned by the phone's link.
 */
export class PhoneDoor {
  readonly #path: string;
  readonly #log: Log;
  readonly #given = new Set<DoorStream>();
  /** It was tried, and is of no use for this phone. */
  #shut = false;
  /** Times in a row that it did not answer. */
  #late = 0;
  /** Nobody listened there as long as was waited, so often in a row. */
  #deaf = 0;
  #closed = false;

  /** @param path as the phone's status tells it; empty = there is none. */
  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    if (path === '') this.#shut = true;
  }

  /** A socket, or undefined when adb has to be asked. Errors: the reason of `signal`. */
  async open(name: string, { retryMs, timeoutMs, signal }: SocketWish): Promise<DoorStream | undefined> {
    const until = performance.now() + Math.min(timeoutMs, PATIENCE_MS);
    while (!this.#shut && !this.#closed) {
      try {
        const fd = await openByDoor(this.#path, name, { timeoutMs: ANSWER_MS, signal });
        this.#late = 0;
        this.#deaf = 0;
        return this.#take(fd);
      } catch (err) {
        signal.throwIfAborted();
        const code = (err as NodeJS.ErrnoException).code ?? '';
        if (code === 'ETIMEDOUT' && (this.#late += 1) < LATE_MAX) return undefined;
        if (!PASSING.has(code)) this.#useless(code, err);
        else if (performance.now() + retryMs >= until) {
          this.#deaf += 1;
          return undefined;
        }
      }
      await rest(retryMs, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
    return undefined;
  }

  /** adb had what was asked for last: a door that hears of none, and not of one that began late, leads elsewhere. */
  adbHad(): void {
    if (this.#deaf >= DEAF_MAX) this.#useless('nobody listens where it leads');
  }

  #useless(why: string, err?: unknown): void {
    if (this.#shut) return;
    this.#shut = true;
    this.#log.warn({ door: this.#path, why, err }, 'the phone is reached by adb alone');
  }

  /** Ends what it gave, and gives nothing more. May be called twice. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#given) stream.destroy();
    this.#given.clear();
  }

  #take(fd: number): DoorStream {
    const stream = DoorStream.of(fd);
    this.#given.add(stream);
    stream.once('close', () => this.#given.delete(stream));
    // A link that ended meanwhile: its streams end with it.
    if (this.#closed) stream.destroy();
    return stream;
  }
}
