import type { AdbStream } from '@ancloud/adb';
import type { Clock, Log, Timer } from '@ancloud/kit';
import { createDeviceMessageParser, serializeControl } from '@ancloud/scrcpy-wire';
import type { ControlMessage, DeviceMessage, ScrcpyVersion } from '@ancloud/scrcpy-wire';
import { ControlQueue } from '../core/control-queue.js';
import type { SessionMetrics } from './session-metrics.js';

/** A phone that has not taken a write for this long does not read any more. */
const STUCK_MS = 5_000;

export interface ControlChannelOptions {
  /** Owned from now on. */
  readonly socket: AdbStream;
  readonly version: ScrcpyVersion;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SessionMetrics;
  /** Called in stream order. */
  readonly onMessage: (message: DeviceMessage) => void;
  /** Called once, when the socket has ended other than by close(). */
  readonly onLost: (reason: string) => void;
}

/**
 * One control socket: messages down by ControlQueue's policy, device messages up. One write is under way at a time;
 * what comes meanwhile waits in the queue and leaves as one write.
 */
export class ControlChannel {
  readonly #options: ControlChannelOptions;
  readonly #queue = new ControlQueue();
  /** Monotonic ms since which a write is under way. */
  #writingSince: number | undefined;
  /** When the oldest touch that waits was received, for the latency metric. */
  #waitingSince: number | undefined;
  /** Whom to tell when what they sent has been written. */
  #waiting: ((written: boolean) => void)[] = [];
  /** The same of the write under way. */
  #told: ((written: boolean) => void)[] = [];
  /** Writes what had to wait for the phone's clipboard to be read. */
  #resting: Timer | undefined;
  #held = false;
  #closed = false;

  constructor(options: ControlChannelOptions) {
    this.#options = options;
    const { socket, onMessage } = options;
    const parser = createDeviceMessageParser({ onMessage });
    socket.on('data', (chunk: Buffer) => {
      try {
        parser.push(chunk);
      } catch (error) {
        this.#lost(error instanceof Error ? error.message : 'unreadable device message');
      }
    });
    socket.resume();
    socket.once('close', () => this.#lost('the phone closed the control socket'));
    if (socket.destroyed) queueMicrotask(() => this.#lost('the phone closed the control socket'));
  }

  get queued(): number {
    return this.#queue.length;
  }

  /**
   * @param receivedMs monotonic time at which what is sent was received, for the latency metric.
   * @returns false when some of it found no room.
   */
  send(messages: readonly ControlMessage[], receivedMs?: number): boolean {
    if (this.#closed || messages.length === 0) return true;
    const { clock, metrics } = this.#options;
    let room = true;
    for (const message of messages) {
      const outcome = this.#queue.push(message);
      if (outcome === 'dropped') {
        metrics.inputDropped.inc({ reason: 'queue-full' });
        room = false;
      }
      if (outcome === 'overflow') {
        this.#lost('the phone does not read its control socket: the queue is full');
        return false;
      }
    }
    if (receivedMs !== undefined) this.#waitingSince ??= receivedMs;
    if (this.#writingSince === undefined) this.#write();
    else if (!this.#held && clock.monotonic() - this.#writingSince > STUCK_MS)
      this.#lost(`the phone has not read its control socket for ${STUCK_MS} ms`);
    return room;
  }

  /** Calls `done` once, when all that was sent so far is on the socket (true), or will never be (false). */
  whenWritten(done: (written: boolean) => void): void {
    if (this.#closed) return done(false);
    // What the write under way holds is older than what waits: only if nothing waits is it enough.
    if (this.#queue.length > 0) this.#waiting.push(done);
    else if (this.#writingSince === undefined) done(true);
    else this.#told.push(done);
  }

  /** What was to be pasted for another holder of the controls is void. */
  voidClipboards(): void {
    this.#queue.voidClipboards();
  }

  /** A frozen phone reads nothing; its time to do so begins when it goes on. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held && this.#writingSince !== undefined) this.#writingSince = this.#options.clock.monotonic();
  }

  /** Ends the channel; nothing is told. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#resting?.cancel();
    this.#options.socket.destroy();
    for (const done of [...this.#told.splice(0), ...this.#waiting.splice(0)]) done(false);
  }

  #write(): void {
    const { socket, clock } = this.#options;
    const now = clock.monotonic();
    const bytes = this.#bytes(this.#queue.take(now));
    const since = this.#waitingSince;
    this.#waitingSince = undefined;
    if (this.#queue.length > 0) this.#rest(this.#queue.restMs(now));
    else if (this.#waiting.length > 0) this.#told = this.#waiting.splice(0);
    if (bytes === undefined) return this.#tell();
    // The usual way of a touch: on the socket within the turn that brought it.
    if (socket.writeNow?.(bytes) === true) return this.#written('now', since);
    this.#writingSince = now;
    socket.write(bytes, (error) => {
      this.#writingSince = undefined;
      if (this.#closed) return;
      if (error !== undefined && error !== null) {
        this.#lost(`writing: ${error.message}`);
        return;
      }
      this.#written('queued', since);
      if (this.#queue.length > 0) this.#write();
    });
  }

  #written(way: 'now' | 'queued', since: number | undefined): void {
    const { clock, metrics } = this.#options;
    metrics.controlWrites[way] += 1;
    if (since !== undefined) metrics.touchSeconds.observe((clock.monotonic() - since) / 1_000);
    this.#tell();
  }

  #tell(): void {
    if (this.#told.length > 0) for (const done of this.#told.splice(0)) done(true);
  }

  /** What is left may be written in `ms`: it is looked at then, if no write brings it up before. */
  #rest(ms: number): void {
    this.#resting?.cancel();
    this.#resting = this.#options.clock.setTimeout(() => {
      if (this.#writingSince === undefined) this.#write();
    }, Math.ceil(ms));
  }

  #bytes(messages: readonly ControlMessage[]): Uint8Array | undefined {
    const [first] = messages;
    if (first === undefined) return undefined;
    if (messages.length === 1) return this.#serialized(first);
    const chunks = messages.flatMap((message) => this.#serialized(message) ?? []);
    return chunks.length === 0 ? undefined : Buffer.concat(chunks);
  }

  /** A message that cannot be written (a text too long) is dropped alone, not with the channel. */
  #serialized(message: ControlMessage): Uint8Array | undefined {
    const { version, metrics, log } = this.#options;
    try {
      return serializeControl(message, version);
    } catch (err) {
      metrics.inputDropped.inc({ reason: 'malformed' });
      log.warn({ err, kind: message.kind }, 'a control message was not written');
      return undefined;
    }
  }

  #lost(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#options.onLost(reason);
  }
}
