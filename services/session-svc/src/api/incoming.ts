import { AppError } from '@ancloud/kit';

/** What a client stream must begin with, and what follows it. */
export interface Incoming<S, M> {
  readonly start: S;
  readonly rest: AsyncGenerator<M, void, void>;
}

/** How long a caller may take to say what it wants. */
const START_MS = 10_000;

/**
 * Reads the first message of a client stream, which must be `start`. Messages are taken one by one, so a caller that
 * sends faster than the phone takes is held back by HTTP/2. Errors: INVALID_ARGUMENT, DEADLINE_EXCEEDED.
 */
export async function readStart<M, S>(
  call: AsyncIterable<M>,
  startOf: (message: M) => S | undefined,
  signal: AbortSignal,
): Promise<Incoming<S, M>> {
  const messages = call[Symbol.asyncIterator]();
  const first = await inTime(messages.next(), signal);
  const start = first.done === true ? undefined : startOf(first.value);
  if (start === undefined)
    throw new AppError('INVALID_ARGUMENT', 'the first message of the call must be start', {
      field: 'start',
      fix: 'send start, then the rest',
    });
  return { start, rest: following(messages) };
}

async function* following<M>(messages: AsyncIterator<M>): AsyncGenerator<M, void, void> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) yield next.value;
}

/** The bytes of a stream whose messages are `start` or data. */
export async function* dataOf<M>(
  rest: AsyncIterable<M>,
  bytesOf: (message: M) => Uint8Array | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const message of rest) {
    const bytes = bytesOf(message);
    if (bytes === undefined)
      throw new AppError('INVALID_ARGUMENT', 'after start, messages must hold data', { field: 'data' });
    if (bytes.length > 0) yield bytes;
  }
}

function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    const timer = setTimeout(() => {
      reject(new AppError('DEADLINE_EXCEEDED', `no first message came in ${START_MS} ms`));
    }, START_MS);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
}
