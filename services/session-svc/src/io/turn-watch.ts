import type { ControlEvent } from '@ancloud/contracts/input/v1/input';
import type { Clock, Size, Timer } from '@ancloud/kit';
import { mayTurn, TurnPlan } from '../core/turn-plan.js';
import type { TurnReadings } from './turn-readings.js';

/** The longest that inputs wait for a reading; by then the phone is taken to be as it was. */
const WAIT_MS = 500;
/** The most that wait: at 1200 moves a second, the most that a viewer may send, it is 200 ms. */
const WAITING_MAX = 256;

export interface TurnWatchOptions {
  readonly clock: Clock;
  readonly readings: TurnReadings;
  /** Whether to look at all: no pictures tell how the phone is turned, and it can be asked. Hot. */
  readonly blind: () => boolean;
  /** Reads the display's present size; undefined when the phone does not say. Never rejects. */
  readonly read: () => Promise<Size | undefined>;
  /** What was read. */
  readonly found: (size: Size) => void;
}

/**
 * Learns how a phone is turned that sends no pictures, and holds back what would be placed by what is not known yet: the first inputs of
 * somebody who gets its controls. Owned by the session's input.
 */
export class TurnWatch {
  readonly #options: TurnWatchOptions;
  readonly #plan = new TurnPlan();
  readonly #begin = (): void => void this.#read();
  #timer: Timer | undefined;
  /** When it fires. */
  #timerMs = 0;
  #reading = false;
  /** Inputs that wait, in their order. */
  #waiting: (() => void)[] | undefined;
  #patience: Timer | undefined;
  /** A reading that was begun after the controls changed hands. */
  #awaited = false;

  constructor(options: TurnWatchOptions) {
    this.#options = options;
  }

  /** Inputs have to be put into `wait`. Hot. */
  get waits(): boolean {
    return this.#waiting !== undefined;
  }

  /** Only while `waits`: `take` is called in its turn. */
  wait(take: () => void): void {
    this.#waiting?.push(take);
    if ((this.#waiting?.length ?? 0) >= WAITING_MAX) this.release();
  }

  /** Somebody else has the controls: what it does waits for a reading. */
  raised(): void {
    const { clock, blind } = this.#options;
    if (!blind()) return;
    this.#plan.raised(clock.monotonic());
    this.#awaited = false;
    this.#waiting ??= [];
    this.#patience?.cancel();
    this.#patience = clock.setTimeout(() => this.#tired(), WAIT_MS);
    this.#patience.unref();
    this.#look();
  }

  /** These went to the phone. Hot. */
  did(events: readonly ControlEvent[]): void {
    const { clock, blind } = this.#options;
    if (events.length === 0 || !blind()) return;
    for (const { event } of events) {
      if (!mayTurn(event)) continue;
      this.#plan.acted(clock.monotonic());
      return this.#look();
    }
  }

  /** What waits is taken as it is. May be called twice. */
  release(): void {
    this.#patience?.cancel();
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const take of waiting) take();
  }

  /** Nothing is read any more. May be called twice. */
  close(): void {
    this.#plan.forget();
    this.#timer?.cancel();
    this.#options.readings.withdraw(this.#begin);
    this.release();
  }

  /** The reading comes too late for these: others, for whom it does not, go first. */
  #tired(): void {
    this.release();
    this.#look();
  }

  /** A timer that is early looks again: inputs put readings off at no cost. */
  #look(): void {
    const { clock, readings, blind } = this.#options;
    const nextMs = this.#plan.nextMs;
    if (nextMs === undefined || this.#reading) return;
    const inMs = nextMs - clock.monotonic();
    if (inMs <= 0 && blind()) return readings.ask(this.#begin, this.waits);
    if (inMs <= 0) return this.#plan.forget();
    if (this.#timer !== undefined && this.#timerMs <= nextMs) return;
    this.#timer?.cancel();
    this.#timerMs = nextMs;
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, inMs);
    this.#timer.unref();
  }

  async #read(): Promise<void> {
    const { clock, readings, blind, read, found } = this.#options;
    this.#plan.began(clock.monotonic());
    this.#reading = true;
    this.#awaited = true;
    const size = blind() ? await read() : undefined;
    this.#reading = false;
    readings.ended();
    if (size !== undefined && blind()) found(size);
    if (this.#awaited) this.release();
    this.#look();
  }
}
