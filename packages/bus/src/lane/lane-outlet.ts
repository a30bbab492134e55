import type { Subject } from '@ancloud/contracts';
import { type ControlAck, LaneOffer, type LaneRequest } from '@ancloud/contracts/input/v1/input';
import { asAppError, Backoff, type Clock, type Log, type Timer } from '@ancloud/kit';
import type { Bus } from '../bus.js';
import type { Outlet } from '../options.js';
import type { SubjectParams } from '../subject.js';
import type { LaneDialer } from './lane-dialer.js';
import type { OpenLane } from './lane-link.js';

/** Who offers answers at once. */
const ASK_MS = 1_000;
/** Between two tries to change over while messages are on their way by NATS. */
const BUSY_MS = 250;

export interface LaneOutletOptions<T> {
  readonly bus: Pick<Bus, 'outlet' | 'request'>;
  readonly dialer: Pick<LaneDialer, 'open'>;
  /** Where a message goes while there is no lane. */
  readonly subject: Subject<T>;
  /** Where a lane is asked for. */
  readonly lane: Subject<LaneRequest>;
  readonly params: SubjectParams;
  /** Messages by their way. */
  readonly sent: { lane: number; bus: number };
  readonly clock: Clock;
  readonly log: Log;
  /** The lane is gone: whoever hears what comes next may be another. */
  readonly lost?: () => void;
  /** Answers to what left with others' (LaneCast), as far as they come by the lane. */
  readonly acked?: ((ack: ControlAck) => void) | undefined;
}

/**
 * One subject's messages, by a lane when there is one and by NATS else. It asks for a lane by itself, again when one is lost. It
 * changes over only when nothing has left by NATS since it asked: NATS hands on in order, so whoever answered has seen all
 * that was sent before, and no message overtakes another.
 */
export class LaneOutlet<T> implements Outlet<T> {
  readonly #options: LaneOutletOptions<T>;
  readonly #outlet: Outlet<T>;
  readonly #backoff = new Backoff({ minMs: BUSY_MS, maxMs: 10_000 });
  #lane: OpenLane | undefined;
  #asking = false;
  #byBus = 0;
  #timer: Timer | undefined;
  #told = false;
  #closed = false;

  constructor(options: LaneOutletOptions<T>) {
    this.#options = options;
    this.#outlet = options.bus.outlet(options.subject, options.params);
    this.renew();
  }

  get subject(): string {
    return this.#outlet.subject;
  }

  /** The lane, while there is one. Who sends by it itself keeps the order with what is published. */
  get lane(): OpenLane | undefined {
    return this.#lane;
  }

  publish(message: T): boolean {
    return this.publishRaw(this.#options.subject.codec.encode(message).finish());
  }

  publishRaw(bytes: Uint8Array): boolean {
    const { sent } = this.#options;
    if (this.#lane?.send(bytes) === true) {
      sent.lane += 1;
      return true;
    }
    if (this.#lane !== undefined) this.#lost();
    this.#byBus += 1;
    sent.bus += 1;
    return this.#outlet.publishRaw(bytes);
  }

  /** A message of this outlet's left with others' (LaneCast). */
  shared(): void {
    this.#options.sent.lane += 1;
  }

  /** Somebody new may offer a lane: asks now, if there is none. */
  renew(): void {
    if (this.#closed || this.#lane !== undefined || this.#asking) return;
    this.#timer?.cancel();
    this.#backoff.reset();
    void this.#ask();
  }

  /** What was sent still arrives. May be called twice. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#lane?.close();
    this.#lane = undefined;
  }

  async #ask(): Promise<void> {
    const { bus, dialer, lane: subject, params, log, acked } = this.#options;
    const before = this.#byBus;
    this.#asking = true;
    let wait: number | undefined;
    try {
      const offer = await bus.request(subject, params, { hearsHaste: true }, LaneOffer, {
        timeoutMs: ASK_MS,
      });
      let gone = false;
      // Undefined until it is open: it may be told of its end before.
      let open: OpenLane | undefined;
      const ended = (): void => {
        gone = true;
        if (open !== undefined && this.#lane === open) this.#lost();
      };
      const lane = await dialer.open(offer, ended, acked);
      open = lane;
      if (this.#closed || gone || this.#byBus !== before) {
        lane.close();
        wait = BUSY_MS;
      } else {
        this.#lane = lane;
        this.#told = false;
        this.#backoff.reset();
      }
    } catch (error) {
      wait = this.#backoff.next();
      // Once, for what an operator can mend; that nobody answers is so whenever the other end is being started.
      const err = asAppError(error);
      if (err.code !== 'UNAVAILABLE_BUS' && !this.#told && this.#backoff.failures > 3) {
        this.#told = true;
        log.warn({ subject: this.subject, err }, 'no lane: messages go by NATS');
      }
    } finally {
      this.#asking = false;
    }
    if (wait !== undefined && !this.#closed) this.#later(wait);
  }

  #lost(): void {
    this.#lane = undefined;
    this.#options.lost?.();
    if (!this.#closed) this.#later(this.#backoff.next());
  }

  #later(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimeout(() => void this.#ask(), ms);
    this.#timer.unref();
  }
}
