import type { ClientDuplexStream } from '@grpc/grpc-js';
import type {
  PipeDown,
  PipeOpen,
  PipeOpened,
  PipeTrack,
  PipeUp,
  PipeWish,
} from '@ancloud/contracts/media/v1/media';
import { AppError, fromGrpcError } from '@ancloud/kit';
import type { Load } from '../streams/inflow.js';

/** The origin answers when its phone gives a picture, for which it waits 10 s. */
const OPEN_MS = 12_000;
/** The low layer's encoder begins on the phone first. */
const LOW_MS = 16_000;

/** The origin ends the pipe of an edge that it has not heard of for some of these (api/pipe-connection.ts), ms. */
const BEAT_MS = 1_000;

/** An edge's end of a call of `OpenPipe`. Owned by its inlet; ends by `close`, or by the origin, which `onEnd` hears once. */
export class PipeCall {
  readonly #call: ClientDuplexStream<PipeUp, PipeDown>;
  readonly #opened = Promise.withResolvers<PipeOpened>();
  /** Of each wish for the low layer that is not answered yet; answers come in that order, and some too late for whoever wished. */
  readonly #lows: PromiseWithResolvers<PipeTrack>[] = [];
  #onEnd: ((reason: string) => void) | undefined;
  #ended: AppError | undefined;
  #load: Load | undefined;
  readonly #beat = setInterval(() => this.#tellLoad(), BEAT_MS);

  constructor(call: ClientDuplexStream<PipeUp, PipeDown>) {
    this.#call = call;
    // Heard by who opens, if anybody still does.
    this.#opened.promise.catch(() => undefined);
    call.on('data', ({ message }: PipeDown) => {
      if (message?.$case === 'opened') this.#opened.resolve(message.value);
      else if (message?.$case === 'low') this.#lowAnswered(message.value);
    });
    call.on('error', (error: unknown) => this.#end(fromGrpcError(error, 'the pipe from the origin')));
    call.on('end', () => this.#end(new AppError('UNAVAILABLE', 'the origin has ended the pipe')));
  }

  /** Errors: STREAM_ELSEWHERE, STREAM_FAILED, UNAVAILABLE, DEADLINE_EXCEEDED. */
  async open(request: PipeOpen): Promise<PipeOpened> {
    this.#call.write({ message: { $case: 'open', value: request } });
    const { viewers = 0, pinned = 0, full = false } = request.edge ?? {};
    this.#load = { viewers, pinned, full };
    return this.#inTime(this.#opened.promise, OPEN_MS, 'the origin did not answer in time');
  }

  /** `fn` is called once when the pipe has ended, unless that was by `close`. */
  onEnd(fn: (reason: string) => void): void {
    this.#onEnd = fn;
    if (this.#ended !== undefined) this.#tellEnd(this.#ended);
  }

  /** One at a time. Errors: STREAM_FAILED, UNAVAILABLE, DEADLINE_EXCEEDED. */
  async takeLow(): Promise<PipeTrack> {
    if (this.#ended !== undefined) throw this.#ended;
    const low = Promise.withResolvers<PipeTrack>();
    this.#lows.push(low);
    this.#send({ $case: 'low', value: true });
    return this.#inTime(low.promise, LOW_MS, 'the origin did not begin the low layer in time');
  }

  leaveLow(): void {
    this.#send({ $case: 'low', value: false });
  }

  wish(wish: PipeWish): void {
    this.#send({ $case: 'wish', value: wish });
  }

  /** Told now, and again each second: the origin hears so that this edge lives. */
  load({ viewers, pinned, full }: Load): void {
    this.#load = { viewers, pinned, full };
    this.#tellLoad();
  }

  /** May be called twice. */
  close(): void {
    this.#onEnd = undefined;
    this.#end(new AppError('CANCELLED', 'the pipe is closed'));
    this.#call.end();
    this.#call.cancel();
  }

  #send(message: PipeUp['message']): void {
    if (this.#ended === undefined) this.#call.write({ message });
  }

  #tellLoad(): void {
    if (this.#load !== undefined) this.#send({ $case: 'load', value: this.#load });
  }

  #lowAnswered({ track, reason }: { readonly track?: PipeTrack | undefined; readonly reason: string }): void {
    const low = this.#lows.shift();
    if (track === undefined) low?.reject(new AppError('STREAM_FAILED', reason));
    else low?.resolve(track);
  }

  #end(error: AppError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    clearInterval(this.#beat);
    this.#opened.reject(error);
    for (const low of this.#lows.splice(0)) low.reject(error);
    this.#tellEnd(error);
  }

  #tellEnd({ message }: AppError): void {
    const tell = this.#onEnd;
    this.#onEnd = undefined;
    tell?.(message);
  }

  async #inTime<T>(promise: Promise<T>, ms: number, message: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new AppError('DEADLINE_EXCEEDED', message)), ms);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
