import type { types } from 'mediasoup';
import { Rate } from '@ancloud/kit';
import type { WishReason } from '../core/key-frame-wish.js';

/** What a browser that loses packets asks for in a second, and more: beyond it nobody listens for a while. */
const ASKED = { perSecond: 10, burst: 20 };
const DEAF_MS = 1_000;

export interface PictureTraceEvents {
  /** The first key frame went out since the consumer was made or `again`. */
  readonly first: () => void;
  /** Its receiver asked for a key frame (PLI, FIR). */
  readonly asked: (why: WishReason) => void;
  /** It asks for more than anybody needs, and is not heard for a second. */
  readonly flooded: () => void;
}

type Traced = Pick<types.Consumer, 'on' | 'enableTraceEvent'>;

/**
 * Reads a consumer's trouble from its traces: before its first key frame a request means "joining", after it "lost". Each costs an event
 * from the worker, so a flood of them is switched off there: else one viewer could keep this process busy for all of them. The worker's
 * answers are not waited for: it serves requests in order. Ends with its consumer.
 */
export class PictureTrace {
  readonly #consumer: Traced;
  readonly #rate = new Rate(ASKED.perSecond, ASKED.burst, performance.now());
  #hasPicture = false;
  #deaf = false;

  constructor(consumer: Traced, events: PictureTraceEvents) {
    this.#consumer = consumer;
    consumer.on('trace', ({ type }) => {
      if (type === 'keyframe') {
        if (this.#hasPicture) return;
        this.#hasPicture = true;
        events.first();
        // Key frames come every two seconds; only the first one is news.
        this.#listen();
      } else if (!this.#deaf) {
        events.asked(this.#hasPicture ? 'loss' : 'join');
        if (this.#rate.take(performance.now())) return;
        events.flooded();
        this.#rest();
      }
    });
    this.#listen();
  }

  /** A key frame went out since the beginning, or `again`. */
  get hasPicture(): boolean {
    return this.#hasPicture;
  }

  /** What it was sent before is no ground to build on: the next key frame is a first one. */
  again(): void {
    if (!this.#hasPicture) return;
    this.#hasPicture = false;
    this.#listen();
  }

  #rest(): void {
    this.#deaf = true;
    this.#listen();
    setTimeout(() => {
      this.#deaf = false;
      this.#listen();
    }, DEAF_MS).unref();
  }

  #listen(): void {
    const asked = this.#deaf ? [] : (['pli', 'fir'] as const);
    const events = [...asked, ...(this.#hasPicture ? [] : (['keyframe'] as const))];
    // One that has closed meanwhile traces nothing.
    this.#consumer.enableTraceEvent(events).catch(() => undefined);
  }
}
