import { AppError, asAppError } from '@ancloud/kit';
import type { KeyFrameReason } from '../core/key-frame-policy.js';
import { DEFAULT_ENCODER, type EncoderOptions, sameEncoder } from '../core/stream-options.js';
import { type StreamAt, type StreamEffect, type StreamEvent, stepStream } from '../core/stream-state.js';
import { fenced, phonePaused } from '../errors.js';
import { KeyFrames } from './key-frames.js';
import type { MediaServer } from './media-server.js';
import { Retry } from './retry.js';
import { StreamServer } from './stream-server.js';
import type { StreamOptions, StreamState, StreamWish } from './stream-wish.js';
import { Waiters } from './waiters.js';

/**
 * Video and sound of one phone: which server feeds the viewers (core/stream-state.ts decides), its group of pictures, and key frames for
 * joiners. What is attached may rest, without a server. Owned by the session; suspended until that says that the phone can be reached.
 */
export class Stream {
  readonly #options: StreamOptions;
  readonly #keyFrames: KeyFrames;
  readonly #retry: Retry;
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
  readonly #waiters = new Waiters<void>();
  #runsAsked = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    const { clock, metrics, sender } = options;
    this.#retry = new Retry({ clock, held: () => this.#held, due: () => this.#step('retryDue') });
    this.#keyFrames = new KeyFrames({
      clock,
      metrics,
      replay: (units) => sender.replay(units),
      reset: () => {
        if (!this.#held) this.media?.send({ kind: 'resetVideo' });
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

  /** The server that feeds the viewers. */
  get media(): MediaServer | undefined {
    return this.#current?.media;
  }

  get state(): StreamState {
    return { size: this.media?.size, audio: this.media?.hasAudio ?? false };
  }

  /** Resolves when pictures flow, of one that rests at once. Errors: as `run`, and FENCED, INVALID_ARGUMENT. */
  async attach(wish: StreamWish, signal: AbortSignal): Promise<StreamState> {
    this.#check();
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
    if (wish.rests) {
      this.rest();
      return this.state;
    }
    try {
      return await this.run(signal);
    } catch (error) {
      // Nobody waits for it any more; a picture that came meanwhile goes on.
      if (this.#wish === wish && !this.streaming) this.stop();
      throw error;
    }
  }

  /** Begins what is attached and rests. Resolves when pictures flow. Errors: SESSION_NOT_FOUND, PHONE_PAUSED, STREAM_FAILED, CANCELLED. */
  async run(signal: AbortSignal): Promise<StreamState> {
    this.#check();
    const run = (this.#runsAsked += 1);
    if (!this.#reachable) this.#step('wantLater');
    else if (this.#at === 'off' || this.#at === 'waiting') this.#step('want');
    // No key frame for a new receiver: nobody watches there before its handshake is over, and then media-svc asks. One now would be
    // lost, and its limit would make them wait for the next.
    if (this.streaming) return this.state;
    try {
      await this.#waiters.wait(signal);
      await this.#current?.soundKnown();
      return this.state;
    } catch (error) {
      if (run === this.#runsAsked && !this.streaming) this.rest();
      throw error;
    }
  }

  /** Its server stops; what is attached stays. May be called twice. */
  rest(): void {
    if (this.#wish !== undefined) this.#step('unwant');
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

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.stop();
    this.#keyFrames.rest();
  }

  #check(): void {
    const { phoneId } = this.#options;
    if (this.#closed) throw new AppError('SESSION_NOT_FOUND', `${phoneId}: the session has ended`);
    if (this.#held) throw phonePaused(phoneId);
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
        return this.#start();
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
        return this.#retry.later();
      case 'cancelRetry':
        return this.#retry.cancel();
      case 'resetBackoff':
        return this.#retry.reset();
      case 'announce':
        return this.#options.onChange();
    }
  }

  #start(): void {
    const { link, version, clock, hostClock, log, metrics, onDevice, onSize, sender } = this.#options;
    const audio = this.#wish?.rtp.audio !== undefined;
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
    const { size } = this.state;
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
}
