import { AppError, asAppError, Backoff } from '@ancloud/kit';
import type { Timer } from '@ancloud/kit';
import { CopyKey } from '@ancloud/scrcpy-wire';
import type { KeyFrameReason } from '../core/key-frame-policy.js';
import { DEFAULT_ENCODER, sameEncoder } from '../core/stream-options.js';
import type { EncoderOptions } from '../core/stream-options.js';
import { stepStream } from '../core/stream-state.js';
import type { StreamAt, StreamEffect, StreamEvent } from '../core/stream-state.js';
import { fenced, phonePaused } from '../errors.js';
import { KeyFrames } from './key-frames.js';
import { StreamServer } from './stream-server.js';
import type { StreamOptions, StreamState, StreamWish } from './stream-wish.js';
import { Waiters } from './waiters.js';

/** How long an attach waits to learn whether there is sound, once the picture is there. */
const SOUND_MS = 500;

/**
 * Video and sound of one phone: which server feeds the viewers (core/stream-state.ts decides), its group of pictures, and
 * key frames for joiners. Owned by the session; starts `suspended` until the session says that the phone can be reached.
 */
export class Stream {
  readonly #options: StreamOptions;
  readonly #keyFrames: KeyFrames;
  readonly #backoff = new Backoff({ minMs: 100, maxMs: 5_000 });
  #at: StreamAt = 'off';
  #reachable = false;
  #held = false;
  #closed = false;
  #wish: StreamWish | undefined;
  /** What the next server is started with. */
  #encoder = DEFAULT_ENCODER;
  #fence = 0;
  #current: StreamServer | undefined;
  #candidate: StreamServer | undefined;
  #retry: Timer | undefined;
  readonly #waiters = new Waiters<void>();

  constructor(options: StreamOptions) {
    this.#options = options;
    const { clock, metrics, sender } = options;
    this.#keyFrames = new KeyFrames({
      clock,
      metrics,
      replay: (units) => sender.replay(units),
      reset: () => {
        if (!this.#held) this.#current?.media?.send({ kind: 'resetVideo' });
      },
    });
  }

  /** Somebody wants it, whether it runs or not. */
  get wanted(): boolean {
    return this.#wish !== undefined;
  }

  /** What is attached, or waits to be. */
  get wish(): StreamWish | undefined {
    return this.#wish;
  }

  get fence(): number {
    return this.#fence;
  }

  /** Pictures reach the viewers. */
  get streaming(): boolean {
    return this.#current !== undefined;
  }

  /** Of the server that feeds the viewers. */
  get encoder(): EncoderOptions | undefined {
    return this.#current?.encoder;
  }

  get state(): StreamState {
    return { size: this.#current?.media?.size, audio: this.#current?.media?.hasAudio ?? false };
  }

  get queued(): number {
    return this.#current?.media?.queued ?? 0;
  }

  /** Resolves when pictures flow. Errors: SESSION_NOT_FOUND, FENCED, STREAM_FAILED, CANCELLED, INVALID_ARGUMENT. */
  async attach(wish: StreamWish, signal: AbortSignal): Promise<StreamState> {
    if (this.#closed)
      throw new AppError('SESSION_NOT_FOUND', `${this.#options.phoneId}: the session has ended`);
    if (this.#held) throw phonePaused(this.#options.phoneId);
    if (wish.fence < this.#fence) throw fenced(this.#options.phoneId, wish.fence, this.#fence);
    this.#fence = wish.fence;
    this.#wish = wish;
    try {
      await this.#options.sender.attach(wish.rtp);
    } catch (error) {
      if (this.#wish === wish) this.stop();
      throw error;
    }
    if (this.#wish !== wish) throw fenced(this.#options.phoneId, wish.fence, this.#fence);
    if (!this.#reachable) this.#step('wantLater');
    else if (this.#at === 'off' || this.#at === 'waiting') this.#step('want');
    // No key frame for a new receiver: nobody watches there before its handshake is over, and then media-svc asks. One now would be
    // lost, and its limit would make them wait for the next.
    if (this.streaming) return this.state;
    try {
      await this.#waiters.wait(signal);
      await this.#soundKnown();
      return this.state;
    } catch (error) {
      // Nobody waits for it any more; a picture that came meanwhile goes on.
      if (this.#wish === wish && !this.streaming) this.stop();
      throw error;
    }
  }

  /**
   * What it is to run with; may be told again. The running server goes on until one with the new options has its first key frame. When
   * that does not start it goes on for good, and the next server that is needed tries the new ones.
   */
  encode(encoder: EncoderOptions): void {
    if (sameEncoder(this.#encoder, encoder)) return;
    this.#encoder = encoder;
    const newest = this.#candidate ?? this.#current;
    if (newest !== undefined && !sameEncoder(newest.encoder, encoder)) this.#step('want');
  }

  /** The phone is frozen: its server stays, no other is tried. */
  hold(held: boolean): void {
    this.#held = held;
  }

  /** Ends it when `fence` is the current one, else nothing. */
  detach(fence: number): void {
    if (fence === this.#fence) this.stop();
  }

  /** Ends it whoever wanted it. */
  stop(): void {
    if (this.#wish === undefined) return;
    this.#wish = undefined;
    this.#options.sender.detach();
    this.#step('unwant');
  }

  /** The phone can be reached (again). */
  resume(): void {
    this.#reachable = true;
    this.#step('resume');
  }

  /** It cannot: servers are let go, the wish stays. */
  suspend(): void {
    this.#reachable = false;
    this.#step('suspend');
  }

  keyFrameWanted(reason: KeyFrameReason): void {
    this.#options.metrics.keyFramesWanted.inc({ reason });
    // A server that starts brings its own.
    if (this.#current !== undefined) this.#keyFrames.wanted(reason);
  }

  /** Asks the phone for its clipboard; false when no server is there that would answer. */
  askClipboard(): boolean {
    const media = this.#current?.media;
    media?.send({ kind: 'getClipboard', copyKey: CopyKey.None });
    return media !== undefined;
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.stop();
    this.#keyFrames.rest();
  }

  #step(event: StreamEvent): void {
    const step = stepStream(this.#at, event);
    if (step === undefined)
      throw new AppError(
        'INVALID_STATE',
        `stream of ${this.#options.phoneId}: '${event}' in state '${this.#at}'`,
      );
    if (this.#at !== step.to) this.#options.log.debug({ from: this.#at, to: step.to, event }, 'stream');
    this.#at = step.to;
    for (const effect of step.effects) this.#effect(effect);
    if (this.#at === 'live') this.#waiters.resolve();
    if (this.#at === 'off')
      this.#waiters.reject(new AppError('STREAM_FAILED', `${this.#options.phoneId}: the stream was ended`));
  }

  #effect(effect: StreamEffect): void {
    switch (effect) {
      case 'startCandidate':
        if (this.#wish !== undefined) this.#start(this.#wish);
        return;
      case 'dropCandidate':
        this.#candidate?.close();
        this.#candidate = undefined;
        return;
      case 'switchOver':
        return this.#switchOver();
      case 'dropCurrent':
        this.#current?.close();
        this.#current = undefined;
        this.#keyFrames.forget();
        this.#keyFrames.rest();
        return;
      case 'scheduleRetry':
        this.#retry = this.#options.clock.setTimeout(() => {
          if (this.#held) this.#effect('scheduleRetry');
          else this.#step('retryDue');
        }, this.#backoff.next());
        return;
      case 'cancelRetry':
        return this.#retry?.cancel();
      case 'resetBackoff':
        return this.#backoff.reset();
      case 'announce':
        return this.#options.onChange();
    }
  }

  #start(wish: StreamWish): void {
    const { link, version, clock, hostClock, log, metrics, onDevice, onSize, sender } = this.#options;
    const audio = wish.rtp.audio !== undefined;
    const server: StreamServer = new StreamServer(
      { link, version, encoder: this.#encoder, audio, clock, hostClock, log, metrics },
      {
        size: (size) => {
          if (server === this.#current) onSize(size);
        },
        config: () => {
          if (server !== this.#current || server.config === undefined) return;
          sender.setConfig(server.config);
          // What is cached belongs to the configuration before.
          this.#keyFrames.forget();
        },
        picture: (unit, keyFrame, hostUs) => this.#picture(server, unit, keyFrame, hostUs),
        audio: (packet, hostUs) => {
          if (server === this.#current) sender.audio(packet, hostUs);
        },
        device: onDevice,
        lost: (error) => this.#lost(server, error),
      },
    );
    this.#candidate = server;
  }

  #picture(server: StreamServer, unit: Uint8Array, keyFrame: boolean, hostUs: number): void {
    if (server === this.#candidate && keyFrame) this.#step('candidateReady');
    if (server !== this.#current) return;
    this.#options.sender.video(unit, hostUs);
    this.#keyFrames.sent(unit, keyFrame);
  }

  /** Make before break: the new server's first key frame is at hand, so no viewer sees a gap. */
  #switchOver(): void {
    const old = this.#current;
    this.#current = this.#candidate;
    this.#candidate = undefined;
    this.#keyFrames.encoderReplaced();
    const { sender, metrics, onSize } = this.#options;
    metrics.streamsStarted.inc();
    this.#current?.pictured();
    if (this.#current?.config !== undefined) sender.setConfig(this.#current.config);
    const size = this.#current?.media?.size;
    if (size !== undefined) onSize(size);
    old?.close();
  }

  #lost(server: StreamServer, error: unknown): void {
    if (server.closed) return;
    const { log, metrics } = this.#options;
    metrics.streamsFailed.inc();
    log.warn(
      { err: error },
      server === this.#current ? 'the video server was lost' : 'a video server did not start',
    );
    if (server === this.#current) this.#step('currentLost');
    else if (server === this.#candidate) {
      this.#options.onServerFailed();
      const { message } = asAppError(error);
      // Before the step: the old picture may go on, but not as they wished.
      this.#waiters.reject(
        new AppError('STREAM_FAILED', `${this.#options.phoneId}: ${message}`, { cause: error }),
      );
      this.#step('candidateFailed');
    }
  }

  async #soundKnown(): Promise<void> {
    const known = this.#current?.media?.audioKnown;
    if (known === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = this.#options.clock.setTimeout(late.resolve, SOUND_MS);
    await Promise.race([known, late.promise]);
    timer.cancel();
  }
}
