import type { LaneCast } from '@ancloud/bus';
import type { ControlBatch, ControlEvent } from '@ancloud/contracts/input/v1/input';
import type { TouchOrder } from '@ancloud/kit/input-translation';
import type { Fate } from './core/fates.js';
import { Outbox } from './core/outbox.js';
import type { Acks } from './io/acks.js';

type Event = NonNullable<ControlEvent['event']>;
/** Called once: whether the phone's control socket took it, and how long ago, ms. */
export type Written = (ok: boolean, agoMs?: number) => void;

export interface SendingOptions {
  /** Hot: publishes a batch; never waits. */
  readonly send: (batch: ControlBatch) => void;
  /** Hot: puts one event with what other phones get of it. False = it has to be sent. */
  readonly share: (cast: LaneCast, event: Event, fence: number, ack: number) => boolean;
  readonly acks: Acks;
  /** Of the present holder; 0 while it is not known. */
  readonly fence: () => number;
  readonly counted: (what: Fate) => void;
}

/** session-svc lifts what nobody has mentioned for 30 s, and hears no heartbeats. */
const MENTION_MS = 10_000;

/** What the holder's inputs wait in until their fence is known, or this turn of the event loop is over: then they go as one batch. */
export class Sending {
  readonly #options: SendingOptions;
  readonly #outbox = new Outbox<Event>();
  /** Who wants to know when what waits is written. */
  #written: Written[] = [];
  #flushing = false;
  #mentionedAt = -MENTION_MS;

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  /** Hot. `written` is called once: true when the phone's control socket has taken the event or what it was merged with. */
  add(event: Event, touch: TouchOrder | undefined, written?: Written): void {
    this.put(event, touch, written);
    if (this.#options.fence() === 0 || this.#flushing) return;
    this.#flushing = true;
    // The rest of what this turn of the loop brings goes into the same batch.
    setImmediate(() => this.flush());
  }

  /** As `add`, for one who flushes: a group flushes all its phones at once. */
  put(event: Event, touch: TouchOrder | undefined, written?: Written): void {
    const { counted } = this.#options;
    const merged = this.#outbox.merged;
    const taken = this.#outbox.add(event, touch);
    if (!taken) counted('dropped');
    else if (this.#outbox.merged > merged) counted('merged');
    if (written !== undefined) {
      if (taken) this.#written.push(written);
      else written(false);
    }
  }

  /**
   * One event goes into the cast past all that waits here, which is nothing. Hot. False = it has to be put: something waits, the fence
   * is not known, or the phone's session hears no casts. `written` as in `add`, if it is true.
   */
  cast(cast: LaneCast, event: Event, written?: Written): boolean {
    const { share, acks, fence: now } = this.#options;
    const fence = now();
    if (fence === 0 || this.#outbox.length > 0) return false;
    const ack = written === undefined ? 0 : acks.next();
    if (!share(cast, event, fence, ack)) return false;
    if (written !== undefined) cast.afterwards(() => void this.#told([written], acks.wait(ack)));
    return true;
  }

  /** @param cast of a group's turn: takes what is for many phones, and is made to leave when all have been flushed. */
  flush(cast?: LaneCast): void {
    const { send, share, acks, fence: now } = this.#options;
    this.#flushing = false;
    const fence = now();
    if (fence === 0 || this.#outbox.length === 0) return;
    const events = this.#outbox.take();
    const waiting = this.#written.length === 0 ? undefined : this.#written.splice(0);
    const ack = waiting === undefined ? 0 : acks.next();
    const [only] = events;
    const shared =
      cast !== undefined && only !== undefined && events.length === 1 && share(cast, only, fence, ack);
    if (!shared) send({ fence, events: events.map((event) => ({ event })), ack });
    if (waiting === undefined) return;
    const wait = (): void => void this.#told(waiting, acks.wait(ack));
    // The books are kept when what is for all phones has left.
    if (shared) cast.afterwards(wait);
    else wait();
  }

  /** What is down is still meant, though nothing happens with it: the phone's session is told so now and then. */
  rests(): void {
    const fence = this.#options.fence();
    const now = performance.now();
    if (fence === 0 || now - this.#mentionedAt < MENTION_MS) return;
    this.#mentionedAt = now;
    this.#options.send({ fence, events: [], ack: 0 });
  }

  /** What waits is void. */
  discard(): void {
    this.#outbox.take();
    for (const written of this.#written.splice(0)) written(false);
  }

  async #told(waiting: readonly Written[], answered: ReturnType<Acks['ask']>): Promise<void> {
    const answer = await answered;
    for (const written of waiting) written(answer?.refused === '', (answer?.lateUs ?? 0) / 1_000);
  }
}
