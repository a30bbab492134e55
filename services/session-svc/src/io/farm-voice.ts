import type { Bus, LaneAnswer } from '@ancloud/bus';
import { records, subjects } from '@ancloud/contracts';
import type { DeviceEvent } from '@ancloud/contracts/events/v1/events';
import type { ControlAck } from '@ancloud/contracts/input/v1/input';
import { SessionState } from '@ancloud/contracts/state/v1/state';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import type { Clock, Log, Timer } from '@ancloud/kit';
import { recordsOf } from '@ancloud/state';
import type { Records, State } from '@ancloud/state';
import type { SessionVoice } from './session-world.js';

/** A third of the record's 30 s: two renewals may fail. */
const RENEW_MS = 10_000;
/** In so many turns: two hundred records at once would be a pause that every touch feels. */
const RENEW_TURNS = 20;

/** An answer, and its way past NATS. */
interface Told {
  readonly phone: string;
  readonly ack: ControlAck;
  readonly atMs: number;
  readonly answer: LaneAnswer | undefined;
}

/**
 * Tells the farm of this host's sessions: a record in Redis, renewed while the session lives, and a fact on NATS with each
 * change. Writes of one phone stay in order; of several that wait only the newest is written.
 */
export class FarmVoice implements SessionVoice {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #records: Records<SessionRecord>;
  /** Newest record of each living session; first the one that was renewed longest ago. */
  readonly #living = new Map<string, SessionRecord>();
  /** Newest record that is still to be written. */
  readonly #unwritten = new Map<string, SessionRecord>();
  readonly #writing = new Map<string, Promise<void>>();
  /** Of this turn of the event loop, and when each was said. They leave after it: one touch may be for hundreds of phones, which come first. */
  #acks: Told[] = [];
  /** Records by turns that are due: whole records of `RENEW_TURNS` are renewed, the rest waits for the next turn. */
  #due = 0;
  #timer: Timer | undefined;

  constructor(options: {
    readonly bus: Bus;
    readonly state: State;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#bus = options.bus;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#records = recordsOf(options.state, records.session);
    this.#renewLater();
  }

  record(record: SessionRecord): void {
    const { phoneId, state } = record;
    if (state === SessionState.SESSION_STATE_CLOSED) this.#living.delete(phoneId);
    else this.#living.set(phoneId, record);
    this.#write(record);
    this.#bus.publish(subjects.session, { phone: phoneId }, record);
  }

  device(phoneId: string, event: DeviceEvent): void {
    this.#bus.publish(subjects.device, { phone: phoneId }, event);
  }

  acknowledge(phoneId: string, ack: ControlAck, answer?: LaneAnswer): void {
    this.#acks.push({ phone: phoneId, ack, atMs: this.#clock.monotonic(), answer });
    if (this.#acks.length === 1) setImmediate(() => this.#tellAcks());
  }

  /** Writes all living records now, e.g. because Redis came back empty. */
  renew(): void {
    this.#renew(this.#living.size);
  }

  /** Resolves when everything told so far is written, or could not be. */
  async flush(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing.values());
  }

  close(): void {
    this.#timer?.cancel();
  }

  #tellAcks(): void {
    const acks = this.#acks;
    this.#acks = [];
    const now = this.#clock.monotonic();
    for (const { phone, ack, atMs, answer } of acks) {
      const told = { ...ack, lateUs: Math.round((now - atMs) * 1_000) };
      if (answer?.(told) !== true) this.#bus.publish(subjects.controlAck, { phone }, told);
    }
  }

  #renew(count: number): void {
    for (const [phoneId, record] of [...this.#living].slice(0, count)) {
      this.#living.delete(phoneId);
      this.#living.set(phoneId, record);
      this.#write({ ...record, updatedAtMs: this.#clock.now() });
    }
  }

  #write(record: SessionRecord): void {
    const { phoneId } = record;
    this.#unwritten.set(phoneId, record);
    if (this.#writing.has(phoneId)) return;
    this.#writing.set(phoneId, this.#writeAll(phoneId));
  }

  async #writeAll(phone: string): Promise<void> {
    for (let next = this.#unwritten.get(phone); next !== undefined; next = this.#unwritten.get(phone)) {
      this.#unwritten.delete(phone);
      try {
        if (next.state === SessionState.SESSION_STATE_CLOSED) await this.#records.delete({ phone });
        else await this.#records.set({ phone }, next);
      } catch (err) {
        // The next renewal writes it; the fact has been told already.
        this.#log.warn({ phone, err }, 'a session record was not written');
      }
    }
    // In the turn that saw nothing left: by a `finally` of the promise it came some turns later, and nobody wrote what was told in between.
    this.#writing.delete(phone);
  }

  #renewLater(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#renewLater();
      this.#due += this.#living.size;
      const count = Math.floor(this.#due / RENEW_TURNS);
      this.#due -= count * RENEW_TURNS;
      this.#renew(count);
    }, RENEW_MS / RENEW_TURNS);
    this.#timer.unref();
  }
}
