import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { AppError, type ClientStream } from '@ancloud/kit';

export interface ForwardOptions<Q, R> {
  readonly body: Readable;
  /** Opens the call; `signal` ends it. */
  readonly open: (signal: AbortSignal) => ClientStream<Q, R>;
  readonly start: Q;
  readonly message: (data: Buffer) => Q;
  /** For the error when the caller goes away: `installing on phone ph_1`. */
  readonly doing: string;
  /** Throws when the body is not what was announced. */
  readonly whole?: (sent: number) => void;
}

/** Largest gRPC message we make; what the socket gives at once is usually 64 KiB. */
const CHUNK = 256 * 1024;

/**
 * Streams a request's body into a call; nothing is kept here, and the caller is read no faster than the call takes. Answers
 * what the call answers, also when that comes before the body's end. Errors: the call's, CANCELLED, what `whole` throws.
 */
export async function forwardBody<Q, R>(options: ForwardOptions<Q, R>): Promise<R> {
  const { body, open, start, message, doing, whole } = options;
  const gone = new AbortController();
  const { call, response } = open(gone.signal);
  // An early refusal ends the call: waiting for `drain` of an ended call would never return.
  let refusal: unknown;
  const ended = response.then(
    () => true,
    (error: unknown) => {
      refusal = error;
      return true;
    },
  );
  try {
    call.write(start);
    let sent = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      sent += piece.length;
      for (let at = 0; at < piece.length; at += CHUNK) {
        const fits = call.write(message(piece.subarray(at, at + CHUNK)));
        if (!fits && (await Promise.race([once(call, 'drain').then(() => false), ended])))
          return await response;
      }
    }
    whole?.(sent);
    call.end();
  } catch (cause) {
    gone.abort();
    // The refusal is the reason; that we could not write on is its consequence.
    if (refusal !== undefined) throw refusal;
    if (cause instanceof AppError) throw cause;
    throw new AppError('CANCELLED', `${doing}: the upload broke off`, { cause });
  }
  return response;
}
