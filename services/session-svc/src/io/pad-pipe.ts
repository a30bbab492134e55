import type { AdbStream } from '@ancloud/adb';
import type { PadState } from '@ancloud/contracts/input/v1/viewer';
import { Backoff, type Clock, type Log, type Timer } from '@ancloud/kit';
import { atRest, eventSize, type EventSize, padAtRest, padEvents } from '../core/pad.js';
import type { PhoneLink } from './phone-link.js';
import type { SessionMetrics } from './session-metrics.js';

/** Its own program says of how many bits it is: it is the one that writes. */
const ASK = 'dd if=/proc/self/exe bs=1 skip=4 count=1 2>/dev/null';
/**
 * evdev refuses what is no whole event, and adb cuts a stream where it likes: with another block for writing than for reading, dd
 * gathers short reads to blocks of just that size (POSIX dd, "ibs", "obs"; toybox and busybox do). One event is one write.
 */
const writer = (size: EventSize): string =>
  `exec dd ibs=4096 obs=${size} of=/dev/input/event0 conv=notrunc 2>/dev/null`;
const OPEN_MS = 5_000;
/** So often it is tried for one holder of the controls: longer than container-svc takes to give a node back. */
const TRIES = 8;
/** A way that stood for so long was one: what ended it is a new failure. */
const STEADY_MS = 10_000;

export interface PadPipeOptions {
  readonly link: () => PhoneLink;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<SessionMetrics, 'inputDropped' | 'padOpens'>;
}

/**
 * The way into one phone's gamepad: a program in the phone that writes events to its node. It is opened with the first state of a holder and
 * closed when the gamepad is at rest again for good. One write is under way at a time; meanwhile the newest state waits, and the
 * one before it is void: a state is no log. A way that broke is opened again, and the gamepad told whole.
 */
export class PadPipe {
  readonly #options: PadPipeOptions;
  readonly #backoff = new Backoff({ minMs: 100, maxMs: 2_000 });
  /** What the gamepad shall be. */
  #wanted: PadState = padAtRest;
  /** What it is; undefined = nobody knows. */
  #told: PadState | undefined;
  /** Who waits for the gamepad to be in a state. */
  #waits: { readonly state: PadState; readonly done: (told: boolean) => void } | undefined;
  /** It may not be at rest. At first for what a session-svc before this one has left: no end of a program lets a button go. */
  #touched = true;
  #stream: AdbStream | undefined;
  #size: EventSize | undefined;
  #busy = false;
  #retry: Timer | undefined;
  /** Nobody holds it: the way is closed when it is at rest. */
  #leaving = true;
  #closed = false;

  constructor(options: PadPipeOptions) {
    this.#options = options;
  }

  /** Something of it is pressed or pushed. */
  get active(): boolean {
    return !atRest(this.#wanted);
  }

  /** Hot. */
  state(state: PadState): void {
    if (this.#backoff.failures >= TRIES) return this.#options.metrics.inputDropped.inc({ reason: 'pad' });
    this.#leaving = false;
    this.#wants(state);
    this.#proceed();
  }

  /**
   * Calls `done` once: true when the gamepad is in the newest state, false when that was void before it was told, or cannot be told. One
   * waits at a time: the one before hears false.
   */
  whenTold(done: (told: boolean) => void): void {
    this.#answer(false);
    this.#waits = { state: this.#wanted, done };
    if (this.#told === this.#wanted) this.#answer(true);
    else if (this.#closed || this.#backoff.failures >= TRIES) this.#answer(false);
  }

  /** The holder is gone, or silent: everything is let go, and then the way is closed. */
  rest(): void {
    this.#backoff.reset();
    this.#leaving = true;
    this.#wants(padAtRest);
    if (this.#touched || this.#stream !== undefined) this.#proceed();
  }

  /** The connection into the phone is gone, and the way with it. What is pressed there stays so until there is another: then `rest`. */
  lost(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#drop();
    this.#wants(padAtRest);
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.lost();
  }

  #wants(state: PadState): void {
    this.#wanted = state;
    if (this.#waits !== undefined && this.#waits.state !== state) this.#answer(false);
  }

  #answer(told: boolean): void {
    const waits = this.#waits;
    this.#waits = undefined;
    waits?.done(told);
  }

  #proceed(): void {
    if (this.#busy || this.#closed || this.#retry !== undefined) return;
    this.#busy = true;
    void this.#run();
  }

  /** Until the gamepad is as wanted. Never rejects. */
  async #run(): Promise<void> {
    try {
      for (;;) {
        const wanted = this.#wanted;
        const stream = await this.#open();
        const bytes = padEvents(this.#told, wanted, this.#size ?? 24);
        this.#touched = true;
        if (bytes.length > 0) await written(stream, bytes);
        if (this.#stream !== stream) throw new Error('the way into the gamepad ended');
        this.#told = wanted;
        this.#touched = !atRest(wanted);
        if (this.#wanted === wanted) break;
      }
      this.#answer(true);
      if (this.#leaving) this.#drop();
      this.#busy = false;
    } catch (err) {
      this.#busy = false;
      this.#broke(err);
    }
  }

  async #open(): Promise<AdbStream> {
    if (this.#stream !== undefined) return this.#stream;
    const { link: linkOf, metrics, clock } = this.#options;
    const link = linkOf();
    this.#told = undefined;
    if (this.#size === undefined) {
      const { stdout } = await link.runShell(ASK, { timeoutMs: OPEN_MS, maxStdout: 16 });
      this.#size = eventSize(stdout[0]);
      if (this.#size === undefined) throw new Error('the phone’s dd does not say of how many bits it is');
    }
    const stream = await link.openCommand(writer(this.#size), { timeoutMs: OPEN_MS });
    const openedMs = clock.monotonic();
    stream.on('error', () => undefined);
    // A program that ends takes with it what it has not written.
    stream.once('close', () => {
      if (this.#stream !== stream) return;
      this.#drop();
      if (clock.monotonic() - openedMs >= STEADY_MS) this.#backoff.reset();
      if (!this.#busy) this.#broke(new Error('the program that writes to it has ended'));
    });
    stream.resume();
    metrics.padOpens.inc();
    this.#stream = stream;
    return stream;
  }

  #drop(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#told = undefined;
    stream?.destroy();
  }

  /** What was under way is written again, whole, a little later; up to so many times. */
  #broke(err: unknown): void {
    this.#drop();
    if (this.#closed) return;
    const { metrics, clock, log } = this.#options;
    metrics.inputDropped.inc({ reason: 'pad' });
    log.debug({ err, failures: this.#backoff.failures }, 'the gamepad could not be written to');
    const wait = this.#backoff.next();
    if (this.#backoff.failures >= TRIES) return this.#answer(false);
    this.#retry = clock.setTimeout(() => {
      this.#retry = undefined;
      this.#proceed();
    }, wait);
    this.#retry.unref();
  }
}

function written(stream: AdbStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}
