import type { ServerStream } from '@ancloud/kit';

/** Bytes of a stream whose first message has been read already, so that its errors are errors and not a cut body. */
export async function primed(stream: ServerStream<{ data: Uint8Array }>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = stream[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value.data;
    } finally {
      stream.cancel();
    }
  })();
}
