import { type PushRecord, PushState } from '@ancloud/contracts/state/v1/state';
import { asAppError, Backoff, type Log } from '@ancloud/kit';
import type { AccessUnit } from '@ancloud/rtp';
import { Copy } from './copy.js';
import { avcConfigOf, sameConfig } from './core/avc-config.js';
import { framesSent } from './core/ffmpeg-argv.js';
import { Tap } from './tap.js';
import type { Stream } from './stream.js';

/** A push that sent nothing for this long is nobody's any more: the phone encodes for it. */
const PATIENCE_MS = 10 * 60_000;

export interface PushOptions {
  readonly record: PushRecord;
  readonly openStream: (phoneId: string) => Promise<Stream>;
  /**
   * ffmpeg's command line for one connection: where the destination's name leads now, and whether that is allowed, is found out
   * for each. Errors: DESTINATION_REFUSED, UNAVAILABLE.
   */
  readonly argv: () => Promise<readonly string[]>;
  /** Takes the destination's secrets out of what ffmpeg says. */
  readonly scrub: (text: string) => string;
  /** A connection ended, not by us. */
  readonly failed: () => void;
  /** Called once, when it has ended by itself. */
  readonly ended: () => void;
  readonly log: Log;
}

/**
 * A phone's stream on its way to one server elsewhere: a tap, and one ffmpeg after another, each of which is one connection. It tries again,
 * slower each time up to half a minute, until it is stopped or nothing was sent for 10 minutes. Owned by `Pushes`.
 */
export class Push {
  readonly #options: PushOptions;
  #record: PushRecord;
  #tap: Tap | undefined;
  #copy: Copy | undefined;
  /** Frames that connections before this one have sent. */
  #framesBefore = 0;
  #argv: readonly string[] | undefined;
  #audio = false;
  #sentAtMs = performance.now();
  readonly #backoff = new Backoff({ minMs: 500, maxMs: 30_000 });
  #retry: NodeJS.Timeout | undefined;

  constructor(options: PushOptions) {
    this.#options = options;
    this.#record = options.record;
  }

  get record(): PushRecord {
    return this.#record;
  }

  get running(): boolean {
    return this.#record.state !== PushState.PUSH_STATE_ENDED;
  }

  begin(): void {
    void this.#connect();
  }

  /** May be called twice. */
  close(reason: string): void {
    if (!this.running) return;
    this.#record = { ...this.#record, state: PushState.PUSH_STATE_ENDED, reason, endedAtMs: Date.now() };
    clearTimeout(this.#retry);
    this.#tap?.leave();
    this.#disconnect();
    this.#options.log.info({ push: this.#record.pushId, reason }, 'push ended');
  }

  /** One try: the address, then the stream; ffmpeg begins with the next key frame. */
  async #connect(): Promise<void> {
    const { argv, openStream } = this.#options;
    const { pushId: id, phoneId } = this.#record;
    try {
      this.#argv = await argv();
      if (this.#tap !== undefined) {
        this.#tap.wantKeyFrame();
        return;
      }
      const tap = await Tap.open(await openStream(phoneId), {
        id,
        tracks: ({ audio }) => (this.#audio = audio),
        picture: (unit) => this.#picture(unit),
        sound: (packet, timestamp) => this.#copy?.sound(packet, timestamp, performance.now()),
        lost: () => {},
        ended: (reason) => {
          this.#tap = undefined;
          this.#disconnect();
          this.#again(reason);
        },
      });
      if (this.running) this.#tap = tap;
      else tap.leave();
    } catch (error) {
      this.#again(asAppError(error).message);
    }
  }

  #picture(unit: AccessUnit): void {
    const now = performance.now();
    if (unit.keyFrame && this.#changes(unit)) {
      // Servers take one size a connection.
      this.#disconnect();
      void this.#connect();
    }
    if (this.#copy === undefined && unit.keyFrame) this.#start(unit);
    const refusal = this.#copy?.picture(unit, now);
    if (refusal === undefined) return;
    this.#disconnect();
    this.#again(
      refusal === 'slow' ? 'the destination does not take what is sent' : "the phone's clock leapt",
    );
  }

  #changes(unit: AccessUnit): boolean {
    const copy = this.#copy;
    if (copy === undefined) return false;
    const config = avcConfigOf(unit);
    return (config !== undefined && !sameConfig(config, copy.config)) || copy.audio !== this.#audio;
  }

  #start(unit: AccessUnit): void {
    const argv = this.#argv;
    const config = avcConfigOf(unit);
    if (argv === undefined || config === undefined) return;
    this.#argv = undefined;
    this.#record = { ...this.#record, attempts: this.#record.attempts + 1 };
    const copy: Copy = new Copy({
      argv,
      config,
      audio: this.#audio,
      stdout: (text) => {
        if (copy === this.#copy) this.#progress(framesSent(text) ?? 0);
      },
    });
    this.#copy = copy;
    void copy.ended.then(({ how }) => this.#ended(copy, how));
  }

  /** Its ffmpeg has ended; not by us while it is the current one. */
  #ended(copy: Copy, how: string): void {
    if (copy !== this.#copy) return;
    this.#options.failed();
    this.#disconnect();
    this.#again(this.#options.scrub(how));
  }

  #progress(frames: number): void {
    if (frames === 0) return;
    this.#sentAtMs = performance.now();
    this.#backoff.reset();
    this.#record = {
      ...this.#record,
      state: PushState.PUSH_STATE_LIVE,
      reason: '',
      frames: this.#framesBefore + frames,
    };
  }

  #disconnect(): void {
    const copy = this.#copy;
    this.#copy = undefined;
    this.#framesBefore = this.#record.frames;
    void copy?.close();
  }

  #again(reason: string): void {
    if (!this.running) return;
    const { log, ended } = this.#options;
    log.info({ push: this.#record.pushId, reason }, 'a push is interrupted');
    if (performance.now() - this.#sentAtMs > PATIENCE_MS) {
      this.close(`nothing was sent for ${PATIENCE_MS / 60_000} minutes: ${reason}`);
      ended();
      return;
    }
    this.#record = { ...this.#record, state: PushState.PUSH_STATE_CONNECTING, reason };
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), this.#backoff.next());
  }
}
