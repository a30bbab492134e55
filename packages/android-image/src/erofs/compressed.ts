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
    if (cluster.length > MAX_IN || size > MAX_OUT || (cluster.plain && size > cluster.length))
      throw new ImageError(
        'malformed',
        FORMAT,
        `inode ${inode.nid} has a cluster of ${cluster.length} bytes for ${size}`,
        { offset: inode.offset },
      );
    const bytes = await readExactly(source, cluster.offset, cluster.length, FORMAT, 'a cluster');
    yield cluster.plain ? plain(bytes, cluster, size, sb.blockSize) : lz4(bytes, size, inode);
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

/** Compressed data stands at the end of its blocks, behind zeros; older images have it at the start, with a rest behind. */
function lz4(bytes: Uint8Array, size: number, inode: Inode): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const out = new Uint8Array(size);
  const written = start < 0 ? 0 : decodeLz4Block(bytes.subarray(start), out, true);
  if (written !== size)
    throw new ImageError(
      'malformed',
      FORMAT,
      `a cluster of inode ${inode.nid} gives ${written} of ${size} bytes`,
      {
        offset: inode.offset,
      },
    );
  return out;
}
