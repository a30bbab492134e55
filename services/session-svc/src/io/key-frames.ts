import type { Clock, Timer } from '@ancloud/kit';
import { GopCache } from '../core/gop-cache.js';
import { KeyFramePolicy, RESET_GAP_MS } from '../core/key-frame-policy.js';
import type { KeyFrameDecision, KeyFrameReason } from '../core/key-frame-policy.js';
import type { SessionMetrics } from './session-metrics.js';

export interface KeyFramesOptions {
  readonly clock: Clock;
  readonly metrics: SessionMetrics;
  /** Sends a cached group of pictures again. */
  readonly replay: (units: readonly Uint8Array[]) => void;
  /** Restarts the phone's encoder. */
  readonly reset: () => void;
}

/** Key frames for those who join or lost packets: the cached group, the policy, and the clock they need. */
export class KeyFrames {
  readonly #options: KeyFramesOptions;
  readonly #gop = new GopCache();
  readonly #policy = new KeyFramePolicy();
  #lastPictureMs = -Infinity;
  #timer: Timer | undefined;

  constructor(options: KeyFramesOptions) {
    this.#options = options;
  }

  /** A picture of the phone was sent. */
  sent(unit: Uint8Array, keyFrame: boolean): void {
    this.#gop.push(unit, keyFrame);
    this.#lastPictureMs = this.#options.clock.monotonic();
    if (keyFrame) this.#policy.keyFrameSent();
  }

  /** What is cached does not belong to what comes: another configuration, or no encoder any more. */
  forget(): void {
    this.#gop.clear();
  }

  /** Another encoder feeds the viewers from its first key frame on. */
  encoderReplaced(): void {
    this.#gop.clear();
    this.#policy.encoderReplaced();
  }

  wanted(reason: KeyFrameReason): void {
    const nowMs = this.#options.clock.monotonic();
    this.#perform(this.#policy.wanted(reason, nowMs, this.#facts(nowMs)), nowMs);
  }

  /** Nothing is asked any more until the next wish. May be called twice. */
  rest(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #facts(nowMs: number) {
    return { quietMs: nowMs - this.#lastPictureMs, cached: this.#gop.length };
  }

  #perform(decision: KeyFrameDecision, nowMs: number): void {
    const { metrics, replay, reset } = this.#options;
    if (decision.do === 'replay') {
      metrics.groupsReplayed.inc();
      replay(this.#gop.units);
    } else if (decision.do === 'reset') {
      metrics.keyFramesAsked.inc();
      reset();
      this.#askAgainAt(nowMs + RESET_GAP_MS, nowMs);
    } else if (decision.do === 'wait') this.#askAgainAt(decision.atMs, nowMs);
  }

  #askAgainAt(atMs: number, nowMs: number): void {
    this.rest();
    this.#timer = this.#options.clock.setTimeout(() => {
      const dueMs = this.#options.clock.monotonic();
      this.#perform(this.#policy.due(dueMs, this.#facts(dueMs)), dueMs);
    }, atMs - nowMs);
  }
}
