import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { PipeDown, PipeOpen, PipeUp } from '@ancloud/contracts/media/v1/media';
import { AppError, asAppError } from '@ancloud/kit';
import type { PipeListen } from '../pipe-end.js';
import { PipeOutlet } from '../pipe-outlet.js';
import type { Streams } from '../streams.js';

/** One edge's call of `OpenPipe`. Owns the outlet; ends with the call, or ends it when the outlet is closed. */
export class PipeConnection {
  readonly #call: ServerDuplexStream<PipeUp, PipeDown>;
  readonly #streams: Streams;
  readonly #listen: PipeListen;
  #opening = false;
  #outlet: PipeOutlet | undefined;
  #ended = false;

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

  #send(message: PipeDown['message']): void {
    if (!this.#ended) this.#call.write({ message });
  }

  /** The edge is told why. */
  #fail(error: AppError): void {
    if (this.#ended) return;
    this.#end(error.message);
    this.#call.emit('error', error);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const outlet = this.#outlet;
    this.#outlet = undefined;
    outlet?.close(reason);
    this.#call.end();
  }
}
