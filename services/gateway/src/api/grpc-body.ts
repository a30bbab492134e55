import { Readable } from 'node:stream';
import type { ServerReadableStream } from '@grpc/grpc-js';
import { AppError } from '@ancloud/kit';

/** A message of a call that sends bytes: what they are for, then the bytes. */
export interface BodyMessage<S> {
  readonly input?:
    | { readonly $case: 'start'; readonly value: S }
    | { readonly $case: 'data'; readonly value: Buffer }
    | undefined;
}

/** The first message of a call that sends bytes, and the bytes behind it, which are read as fast as somebody takes them. */
export async function startAndBody<S>(
  call: ServerReadableStream<BodyMessage<S>, unknown>,
): Promise<{ readonly start: S; readonly body: Readable }> {
  const messages: AsyncIterator<BodyMessage<S>> = call[Symbol.asyncIterator]();
  const first = await messages.next();
  if (first.done === true || first.value.input?.$case !== 'start')
    throw new AppError('INVALID_ARGUMENT', 'the first message must be start', { field: 'start' });
  const body = Readable.from(dataOf(messages), { objectMode: false });
  call.on('cancelled', () => body.destroy(new Error('the caller went away')));
  return { start: first.value.input.value, body };
}

async function* dataOf<S>(messages: AsyncIterator<BodyMessage<S>>): AsyncGenerator<Buffer> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const { input } = next.value;
    if (input?.$case !== 'data')
      throw new AppError('INVALID_ARGUMENT', 'after start, messages must hold data', { field: 'data' });
    yield input.value;
  }
}
