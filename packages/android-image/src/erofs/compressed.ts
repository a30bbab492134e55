import { inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { type ByteSource, readExactly } from '../byte-source.js';
import { ImageError } from '../errors.js';
import { decodeLz4Block } from '../lz4.js';
import { type Cluster, clusters } from './clusters.js';
import type { Inode } from './inode.js';
import { FORMAT, type Superblock } from './superblock.js';

/** The kernel's own ceilings (Z_EROFS_PCLUSTER_MAX_SIZE, _MAX_DSIZE): what is allocated for one cluster. */
const MAX_IN = 2 ** 20;
const MAX_OUT = 12 * 2 ** 20;

/** The bytes of a compressed inode. */
export async function* decompressed(
  source: ByteSource,
  sb: Superblock,
  inode: Inode,
): AsyncGenerator<Uint8Array> {
  for await (const cluster of clusters(source, sb, inode)) {
    const size = cluster.to - cluster.from;
    if (cluster.length > MAX_IN || size > MAX_OUT || (cluster.packed === 'plain' && size > cluster.length))
      throw new ImageError(
        'malformed',
        FORMAT,
        `inode ${inode.nid} has a cluster of ${cluster.length} bytes for ${size}`,
        { offset: inode.offset },
      );
    const bytes = await readExactly(source, cluster.offset, cluster.length, FORMAT, 'a cluster');
    yield cluster.packed === 'plain'
      ? plain(bytes, cluster, size, sb.blockSize)
      : unpacked(bytes, cluster.packed, size, inode);
  }
}

function plain(
  bytes: Uint8Array,
  { from, interlaced }: Cluster,
  size: number,
  blockSize: number,
): Uint8Array {
  if (!interlaced) return bytes.subarray(0, size);
  const start = from % blockSize;
  return Buffer.concat([bytes.subarray(start), bytes.subarray(0, start)]).subarray(0, size);
}

/** Compressed data stands at the end of its blocks, behind zeros; older images of lz4 have it at the start, with a rest behind. */
function unpacked(
  bytes: Uint8Array,
  packed: Exclude<Cluster['packed'], 'plain'>,
  size: number,
  inode: Inode,
): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  let out: Uint8Array = new Uint8Array(0);
  if (start >= 0)
    try {
      out = decoders[packed](bytes.subarray(start), size);
    } catch (cause) {
      if (cause instanceof ImageError) throw cause;
      const { message } = cause as Error;
      throw new ImageError(
        'malformed',
        FORMAT,
        `a cluster of inode ${inode.nid} is no ${packed}: ${message}`,
        { offset: inode.offset },
        { cause },
      );
    }
  if (out.length !== size)
    throw new ImageError(
      'malformed',
      FORMAT,
      `a cluster of inode ${inode.nid} gives ${out.length} of ${size} bytes`,
      { offset: inode.offset },
    );
  return out;
}

/** Each gives up to `size` bytes, and throws where the data would give more. */
const decoders = {
  lz4: (bytes: Uint8Array, size: number): Uint8Array => {
    const out = new Uint8Array(size);
    return out.subarray(0, decodeLz4Block(bytes, out, true));
  },
  deflate: (bytes: Uint8Array, size: number): Uint8Array => inflateRawSync(bytes, { maxOutputLength: size }),
  zstd: (bytes: Uint8Array, size: number): Uint8Array => zstdDecompressSync(bytes, { maxOutputLength: size }),
};
