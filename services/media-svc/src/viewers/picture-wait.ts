import type { types } from 'mediasoup';
import type { ViewerTransport } from '../workers/transport-options.js';

/** After this long without a key frame since it was resumed, a consumer asks again. */
const RETRY_MS = 1_000;

type Waiting = Pick<types.Consumer, 'closed' | 'paused'>;

/** A viewer's wait for the picture that it was promised last. Owned by its receiver; ends by `stop`. */
export class PictureWait<C extends Waiting> {
  readonly #transport: Pick<ViewerTransport, 'dtlsState' | 'iceState'>;
  readonly #ask: (consumer: C) => void;
  #consumer: C | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(transport: Pick<ViewerTransport, 'dtlsState' | 'iceState'>, ask: (consumer: C) => void) {
    this.#transport = transport;
    this.#ask = ask;
  }

  waitsFor(consumer: C): boolean {
    return this.#consumer === consumer;
  }

  /**
   * Asks for a picture now, and again each second until one has passed through. Not before the viewer's handshake is over: a key frame
   * that comes earlier is dropped by the worker, and the next chance is a second later. Nor while the viewer is not reached.
   */
  begin(consumer: C): void {
    if (consumer.closed || consumer.paused) return this.end(consumer);
    clearTimeout(this.#timer);
    this.#consumer = consumer;
    if (this.#transport.dtlsState !== 'connected') return;
    if (this.#transport.iceState !== 'disconnected') this.#ask(consumer);
    this.#timer = setTimeout(() => this.begin(consumer), RETRY_MS);
  }

  /** The handshake is over. */
  secured(): void {
    if (this.#consumer !== undefined) this.begin(this.#consumer);
  }

  /** It has its picture, or is to have none. */
  end(consumer: C): void {
    if (this.#consumer === consumer) this.stop();
  }

  /** May be called twice. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#consumer = undefined;
  }
}
