import { createInflateRaw } from 'node:zlib';
import { ImageError } from './errors.js';
import type { StreamReader } from './stream-reader.js';

const CHUNK = 64 * 1024;

/** Deflate data (RFC 1951); what zlib did not use of the last chunk goes back to the reader. */
export async function* inflate(reader: StreamReader, format: string): AsyncGenerator<Uint8Array> {
  const offset = reader.offset;
  const stream = createInflateRaw({ chunkSize: CHUNK });
  let fed = 0;
  let chunk: Uint8Array = new Uint8Array(0);
  const feed = async (): Promise<void> => {
    // zlib takes less than it was given exactly when the data has ended.
    while (stream.bytesWritten === fed && !stream.destroyed) {
      chunk = await reader.some(CHUNK);
      if (chunk.length === 0) {
        stream.end();
        return;
      }
      fed += chunk.length;
      await new Promise<void>((taken) => stream.write(chunk, () => taken()));
    }
  };
  const feeding = feed().catch((error: unknown) => {
    stream.destroy(error as Error);
  });
  try {
    for await (const bytes of stream) yield bytes as Uint8Array;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_'))
      throw new ImageError('malformed', format, cause.message, { offset }, { cause });
    throw cause;
  } finally {
    stream.destroy();
  }
  await feeding;
  const left = fed - stream.bytesWritten;
  if (left > 0) reader.unread(chunk.subarray(chunk.length - left));
}
