import { ImageError } from './errors.js';

/** Random access to bytes that do not change while they are read. Implementations live with what they read (io/). */
export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`; fewer only at the end of the source. The caller may keep the array, and nobody
   * writes to it afterwards.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Bytes in order, in chunks of any size but 0. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** What one `read` of a stream over a ByteSource asks for: large enough to hide the call, small enough to forget. */
export const CHUNK = 256 * 1024;

export class MemorySource implements ByteSource {
  constructor(private readonly bytes: Uint8Array) {}

  get size(): number {
    return this.bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.bytes.slice(offset, offset + length);
  }
}

/** A part of a source, as a source. The part must lie inside. */
export function slice(source: ByteSource, offset: number, size: number, format = 'image'): ByteSource {
  if (offset < 0 || size < 0 || offset + size > source.size)
    throw new ImageError('malformed', format, `${size} bytes lie outside of ${source.size}`, { offset });
  return {
    size,
    read: (at, length) => source.read(offset + at, Math.max(0, Math.min(length, size - at))),
  };
}

/** Exactly `length` bytes, or ImageError 'malformed': the source ends before `what` does. */
export async function readExactly(
  source: ByteSource,
  offset: number,
  length: number,
  format: string,
  what: string,
): Promise<Uint8Array> {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > source.size)
    throw new ImageError(
      'malformed',
      format,
      `${what} (${length} bytes) lies outside of ${source.size} bytes`,
      {
        offset,
      },
    );
  const bytes = await source.read(offset, length);
  if (bytes.length !== length)
    throw new ImageError('malformed', format, `${what} is cut off: ${bytes.length} of ${length} bytes`, {
      offset,
    });
  return bytes;
}

/** The bytes of [offset, offset + length) in order. The range must lie inside the source. */
export async function* streamOf(
  source: ByteSource,
  offset = 0,
  length = source.size - offset,
  format = 'image',
): AsyncGenerator<Uint8Array> {
  let at = offset;
  const end = offset + length;
  while (at < end) {
    const bytes = await readExactly(source, at, Math.min(CHUNK, end - at), format, 'content');
    at += bytes.length;
    yield bytes;
  }
}

/** All bytes of a stream that is known to be small; more than `limit` is ImageError 'limit'. */
export async function collect(stream: ByteStream, limit: number, format = 'image'): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > limit) throw new ImageError('limit', format, `more bytes than the limit of ${limit}`);
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
