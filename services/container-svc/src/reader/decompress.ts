import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import {
  type ByteSource,
  type ByteStream,
  DEFAULT_LIMITS,
  ImageError,
  streamOf,
} from '@ancloud/android-image';

export type Compression = 'none' | 'gzip' | 'zstd';

/** By the first bytes, which say more than a media type does. Errors: ImageError for what is known and not read. */
export function compressionOf(head: Uint8Array): Compression {
  const begins = (...magic: number[]): boolean => magic.every((byte, index) => head[index] === byte);
  if (begins(0x1f, 0x8b)) return 'gzip';
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a))
    throw new ImageError('unsupported', 'xz', 'unpack it with unxz first');
  if (begins(0x42, 0x5a, 0x68)) throw new ImageError('unsupported', 'bzip2', 'unpack it with bunzip2 first');
  return 'none';
}

/**
 * The plain bytes of a source, whatever of gzip, zstd or nothing it is packed with. Bounded: more than `maxBytes` out, or more
 * out than `maxRatio` for each byte in (beyond the first MiB), is an ImageError.
 */
export async function* decompressed(source: ByteSource, limits = DEFAULT_LIMITS): AsyncGenerator<Uint8Array> {
  const compression = compressionOf(await source.read(0, 6));
  if (compression === 'none') {
    yield* streamOf(source);
    return;
  }
  yield* inflated(streamOf(source), source.size, compression, limits);
}

async function* inflated(
  packed: ByteStream,
  size: number,
  compression: 'gzip' | 'zstd',
  limits = DEFAULT_LIMITS,
): AsyncGenerator<Uint8Array> {
  const inflate = compression === 'gzip' ? zlib.createGunzip() : zlib.createZstdDecompress();
  const most = Math.min(limits.maxBytes, 1024 * 1024 + size * limits.maxRatio);
  let failure: unknown;
  const done = pipeline(Readable.from(packed), inflate).catch((error: unknown) => (failure = error));
  let out = 0;
  try {
    for await (const bytes of inflate as AsyncIterable<Buffer>) {
      out += bytes.length;
      if (out > most)
        throw new ImageError('limit', compression, `${size} bytes unpack to more than ${most}: a bomb`);
      yield bytes;
    }
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError(
      'malformed',
      compression,
      `it does not unpack: ${(cause as Error).message}`,
      {},
      { cause },
    );
  } finally {
    inflate.destroy();
    await done;
  }
  if (failure instanceof Error) throw failure;
}
