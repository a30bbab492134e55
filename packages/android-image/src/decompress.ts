import type { ByteStream } from './byte-source.js';
import { ImageError } from './errors.js';
import { gzipMember } from './gzip.js';
import { Budget, type Limits } from './limits.js';
import { LZ4_LEGACY_MAGIC, lz4LegacyFrame } from './lz4.js';
import { StreamReader } from './stream-reader.js';

/** Below this much output no ratio is looked at: a small file of zeros is no bomb. */
const FREE = 16 * 2 ** 20;

/**
 * A stream of gzip members, then of lz4-legacy frames, any number of each with zeros between, as the kernel takes a ramdisk;
 * and whatever is neither is given out as it is, to the end. Bounded by maxBytes and maxRatio.
 */
export async function* decompress(stream: ByteStream, limits?: Partial<Limits>): AsyncGenerator<Uint8Array> {
  const budget = new Budget('compressed data', limits);
  const { maxRatio } = budget.limits;
  const reader = new StreamReader(stream, 'compressed data');
  let out = 0;
  try {
    for (let first = true; ; first = false) {
      const part = await nextPart(reader, first);
      if (part === undefined) return;
      for await (const bytes of part.bytes) {
        out += bytes.length;
        budget.bytes(bytes.length, { offset: reader.offset });
        if (part.compressed && out > FREE + reader.offset * maxRatio)
          throw new ImageError(
            'limit',
            'compressed data',
            `${out} bytes come out of ${reader.offset}; the limit is ${maxRatio} for each`,
            { offset: reader.offset },
          );
        yield bytes;
      }
    }
  } finally {
    await reader.close();
  }
}

interface Part {
  readonly compressed: boolean;
  readonly bytes: AsyncIterable<Uint8Array>;
}

async function nextPart(reader: StreamReader, first: boolean): Promise<Part | undefined> {
  // Padding stands between parts, never before the first: a raw stream may begin with zeros of its own.
  if (!first) await reader.skipZeros();
  const word = await reader.upTo(4);
  if (word.length === 0) return undefined;
  reader.unread(word);
  if (word[0] === 0x1f && word[1] === 0x8b) return { compressed: true, bytes: gzipMember(reader) };
  if (word.length === 4 && Buffer.from(word).readUInt32LE() === LZ4_LEGACY_MAGIC) {
    await reader.skip(4, 'the magic');
    return { compressed: true, bytes: lz4LegacyFrame(reader) };
  }
  return { compressed: false, bytes: rest(reader) };
}

async function* rest(reader: StreamReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const bytes = await reader.some(256 * 1024);
    if (bytes.length === 0) return;
    yield bytes;
  }
}
