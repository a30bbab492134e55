import type { types } from 'mediasoup';
import type { WishReason } from '../core/key-frame-wish.js';
import { type Counts, nothingCounted } from '../core/picture-counts.js';
import { countsOf } from './inflow.js';
import { KeyFrameWishes } from './key-frame-wishes.js';

/** The phone's second encoder goes on for so long without a viewer, ms: links at the edge come back. */
const IDLE_MS = 10_000;
/** Before session-svc is told again that it ends, ms. */
const TELL_AGAIN_MS = 1_000;

/** One viewer's use of the low layer. Given up by `leave`, once. */
export interface LowSeat {
  readonly producer: types.Producer;
  readonly leave: () => void;
}

export interface LowLayerOptions {
  /** A producer for it where the phone's packets arrive. */
  readonly produce: () => Promise<types.Producer>;
  /** Resolves when the phone's session sends to it. */
  readonly attach: () => Promise<void>;
  /** Resolves to whether it has ended; never rejects. */
  readonly detach: () => Promise<boolean>;
  readonly askKeyFrame: (reason: WishReason) => void;
}

/**
 * The low layer of one phone: a second, simple producer beside the main one, fed by a second encoder of the phone while somebody is sent
 * it. Owned by its ingest, with which its producer ends.
 */
export class LowLayer {
  readonly #options: LowLayerOptions;
  readonly #wishes: KeyFrameWishes;
  #producer: Promise<types.Producer> | undefined;
  /** The same one, once it flows. */
  #flowing: types.Producer | undefined;
  #seats = 0;
  #idle: NodeJS.Timeout | undefined;
  /** That session-svc was told of its last end: it must not hear so after the next beginning. */
  #ended: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LowLayerOptions) {
    this.#options = options;
    this.#wishes = new KeyFrameWishes(options.askKeyFrame);
  }

  /** Begins it when nobody had it. Resolves when it flows. Errors: those of session-svc; STREAM_FAILED. */
  async take(): Promise<LowSeat> {
    clearTimeout(this.#idle);
    this.#seats += 1;
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      this.#seats -= 1;
      if (this.#seats > 0 || this.#closed || this.#producer === undefined) return;
      this.#idle = setTimeout(() => this.#end(), IDLE_MS);
    };
    try {
      return { producer: await (this.#producer ??= this.#begin()), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** What has come of it since it began; nothing while it does not flow. */
  counts(): Promise<Counts> {
    return this.#flowing === undefined ? Promise.resolve(nothingCounted) : countsOf(this.#flowing);
  }

  /** A viewer of it lacks a key frame. */
  wantKeyFrame(reason: WishReason): void {
    this.#wishes.want(reason);
  }

  /** Its producer ends with the ingest, its encoder with the main one's attachment. May be called twice. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#wishes.close();
  }

  async #begin(): Promise<types.Producer> {
    let producer: types.Producer | undefined;
    try {
      await this.#ended;
      producer = await this.#options.produce();
      await this.#options.attach();
      this.#flowing = producer;
      return producer;
    } catch (error) {
      producer?.close();
      // The next viewer tries again. What was asked for may have begun behind an answer that came late, or never.
      this.#producer = undefined;
      if (!this.#closed) this.#ended = this.#detach();
      throw error;
    }
  }

  #end(): void {
    const producer = this.#producer;
    this.#producer = undefined;
    this.#flowing = undefined;
    if (producer === undefined) return;
    producer.then(
      (one) => one.close(),
      () => undefined,
    );
    this.#ended = this.#detach();
  }

  /** Nobody but its ingest's end would stop a second encoder whose end was not heard: it is told again, until somebody takes the layer anew. */
  async #detach(): Promise<void> {
    if ((await this.#options.detach()) || this.#producer !== undefined || this.#closed) return;
    this.#idle = setTimeout(() => {
      this.#ended = this.#detach();
    }, TELL_AGAIN_MS);
  }
}
