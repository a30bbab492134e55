import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { PipeDown, PipeOpen, PipeUp } from '@ancloud/contracts/media/v1/media';
import { AppError, asAppError } from '@ancloud/kit';
import type { PipeListen } from '../streams/pipe-end.js';
import { PipeOutlet } from '../streams/pipe-outlet.js';
import type { Streams } from '../streams/streams.js';

/** An edge tells its load each second (io/pipe-call.ts). One that has said nothing for so long has vanished, and nothing has reset its connection, ms. */
const SILENT_MS = 6_000;

/** One edge's call of `OpenPipe`. Owns the outlet; ends with the call, or ends it when the outlet is closed. */
export class PipeConnection {
  readonly #call: ServerDuplexStream<PipeUp, PipeDown>;
  readonly #streams: Streams;
  readonly #listen: PipeListen;
  #opening = false;
  #outlet: PipeOutlet | undefined;
  #ended = false;
  /** When the edge spoke last, monotonic ms. */
  #heardAt = performance.now();
  readonly #watch = setInterval(() => {
    // Not by what waits to be read while this process was late itself.
    if (performance.now() - this.#heardAt >= SILENT_MS) setImmediate(() => this.#judge());
  }, SILENT_MS / 6);

  constructor(call: ServerDuplexStream<PipeUp, PipeDown>, streams: Streams, listen: PipeListen) {
    this.#call = call;
    this.#streams = streams;
    this.#listen = listen;
    call.on('data', (up: PipeUp) => this.#take(up));
    call.on('end', () => this.#end('the edge needs it no more'));
    call.on('cancelled', () => this.#end('the edge is gone'));
    call.on('error', () => this.#end('the edge is gone'));
  }

  #take({ message }: PipeUp): void {
    if (this.#ended) return;
    this.#heardAt = performance.now();
    if (message?.$case === 'open') {
      if (this.#opening) return this.#fail(new AppError('MESSAGE_MALFORMED', 'a second open'));
      this.#opening = true;
      void this.#open(message.value);
      return;
    }
    if (!this.#opening)
      return this.#fail(new AppError('MESSAGE_MALFORMED', 'the first message was not open'));
    if (message?.$case === 'load') this.#outlet?.load(message.value);
    else if (message?.$case === 'wish') this.#outlet?.wish(message.value);
    else if (message?.$case === 'low') this.#outlet?.wantLow(message.value);
  }

  /** Never rejects. */
  async #open(open: PipeOpen): Promise<void> {
    try {
      const { outlet, opened } = await PipeOutlet.open({
        stream: await this.#streams.arriving(open.phoneId),
        open,
        listen: this.#listen,
        low: (value) => this.#send({ $case: 'low', value }),
        closed: (reason) => this.#fail(new AppError('UNAVAILABLE', reason, { fix: 'open another pipe' })),
      });
      if (this.#ended) return outlet.close('the edge is gone');
      this.#outlet = outlet;
      this.#send({ $case: 'opened', value: opened });
    } catch (error) {
      this.#fail(asAppError(error));
    }
  }

  #judge(): void {
    if (performance.now() - this.#heardAt >= SILENT_MS)
      this.#fail(new AppError('UNAVAILABLE', 'the edge is silent', { fix: 'open another pipe' }));
  }

  #send(message: PipeDown['message']): void {
    if (!this.#ended) this.#call.write({ message });
  }

  /** The edge is told why: by the error alone, which ends the call. */
  #fail(error: AppError): void {
    if (this.#ended) return;
    this.#release(error.message);
    this.#call.emit('error', error);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#release(reason);
    this.#call.end();
  }

  #release(reason: string): void {
    this.#ended = true;
    clearInterval(this.#watch);
    const outlet = this.#outlet;
    this.#outlet = undefined;
    outlet?.close(reason);
  }
}
