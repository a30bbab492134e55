import type { ClientReadableStream } from '@grpc/grpc-js';
import { fromGrpcError } from './grpc-errors.js';

/** Messages of a server stream. Leaving the loop cancels the call; errors are AppErrors. To be iterated once. */
export interface ServerStream<T> extends AsyncIterable<T> {
  /** Ends the call; a loop over it ends normally. May be called twice. */
  cancel(): void;
}

/**
 * Policy: up to 16 messages wait for the consumer, then the call is paused and HTTP/2 flow control holds the server back.
 * Nothing is dropped. Errors are kept until what came before them has been read.
 */
const READ_AHEAD = 16;

/** The server stream behind `ServerStream`; owns the call. */
export class IteratedCall<T> implements ServerStream<T> {
  readonly #waiting: T[] = [];
  readonly #call: ClientReadableStream<T>;
  readonly #what: string;
  #ended = false;
  #cancelled = false;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(call: ClientReadableStream<T>, what: string) {
    this.#call = call;
    this.#what = what;
    call.on('data', (message: T) => {
      this.#waiting.push(message);
      if (this.#waiting.length >= READ_AHEAD) call.pause();
      this.#wake?.();
    });
    call.on('error', (error: unknown) => {
      this.#failure = error;
      this.#wake?.();
    });
    call.on('end', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  cancel(): void {
    this.#cancelled = true;
    this.#call.cancel();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const message = this.#waiting.shift();
        if (message !== undefined) {
          if (this.#call.isPaused() && this.#waiting.length === 0) this.#call.resume();
          yield message;
        } else if (this.#cancelled) {
          return;
        } else if (this.#failure !== undefined && this.#call.readableLength === 0) {
          throw fromGrpcError(this.#failure, this.#what);
        } else if (this.#ended && this.#failure === undefined) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.cancel();
    }
  }
}
