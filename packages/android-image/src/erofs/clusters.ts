import { type ByteSource, readExactly } from '../byte-source.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';
import type { Inode } from './inode.js';
import { type Algorithm, ALGORITHMS, FORMAT, type Superblock } from './superblock.js';

/** Index of compressed files: Linux fs/erofs/erofs_fs.h (z_erofs_map_header, z_erofs_lcluster_index) and zmap.c. */
const NONHEAD = 2;
const COMPACT_2B = 0x1;
const BIG_PCLUSTER = 0x2;
const INTERLACED = 0x10;
const READABLE_ADVISE = COMPACT_2B | BIG_PCLUSTER | 0x4 | INTERLACED;
/** In the distance of a cluster behind a head: it says the head's blocks instead. */
const BLOCK_COUNT = 0x800;

/** [from, to) of the file come out of `length` bytes at `offset`. */
export interface Cluster {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
  readonly length: number;
  /** `plain`: the bytes are there as they are. */
  readonly packed: Exclude<Algorithm, 'lzma'> | 'plain';
  /** Plain bytes stand in their block where they stand in the file's block, wrapped around. */
  readonly interlaced: boolean;
}

/** One entry of the index, for one logical cluster. */
interface Item {
  readonly type: number;
  /** Of a head: where in its logical cluster it begins. Else: distance or block count. */
  readonly low: number;
  readonly block: number;
}

/** The clusters of a compressed inode, in order, without holes. */
export async function* clusters(source: ByteSource, sb: Superblock, inode: Inode): AsyncGenerator<Cluster> {
  const header = Math.ceil((inode.xattrOffset + inode.xattrSize) / 8) * 8;
  const map = new Fields(await readExactly(source, header, 8, FORMAT, 'a map header'), FORMAT, header);
  const [advise, algorithm, bits] = [map.u16(4), map.u8(6) & 15, map.u8(7)];
  if ((advise & ~READABLE_ADVISE) !== 0 || (bits & 0xf8) !== 0)
    unsupported(
      inode,
      `tail packing, fragments or extents (0x${advise.toString(16)}, 0x${bits.toString(16)})`,
    );
  const packed = ALGORITHMS[algorithm];
  if (packed === undefined || packed === 'lzma')
    unsupported(inode, `compression with ${packed ?? algorithm}`);
  const clusterSize = sb.blockSize * 2 ** bits;
  const count = Math.ceil(inode.size / clusterSize);
  const big = (advise & BIG_PCLUSTER) !== 0;
  const items =
    inode.layout === 'compact'
      ? compactItems(source, inode, header + 8, count, clusterSize, advise)
      : fullItems(source, header + 16, count);

  let open: { from: number; item: Item; blocks: number } | undefined;
  const close = (to: number): Cluster => {
    const { from, item, blocks } = open!;
    if (to <= from) bad(inode, 'clusters that do not rise');
    return {
      from,
      to,
      offset: item.block * sb.blockSize,
      length: blocks * sb.blockSize,
      packed: item.type === 0 ? 'plain' : packed,
      interlaced: (advise & INTERLACED) !== 0,
    };
  };
  let index = 0;
  for await (const item of items) {
    if (item.type === 3) unsupported(inode, 'a second algorithm');
    if (item.type === NONHEAD) {
      if (open === undefined) bad(inode, 'a cluster without its head');
      if (item.low >= BLOCK_COUNT && item.low < 2 * BLOCK_COUNT && big) open.blocks = item.low - BLOCK_COUNT;
    } else {
      const from = index * clusterSize + item.low;
      if (item.low >= clusterSize || (index === 0 && item.low !== 0))
        bad(inode, 'a head outside of its cluster');
      // mkfs marks the end of a file that ends inside a cluster by a head without content.
      if (from >= inode.size && open !== undefined) break;
      if (open !== undefined) yield close(from);
      open = { from, item, blocks: 1 };
    }
    index += 1;
  }
  if (open !== undefined) yield close(inode.size);
}

/** Eight bytes for each cluster. */
async function* fullItems(source: ByteSource, start: number, count: number): AsyncGenerator<Item> {
  for (let i = 0; i < count; i += 1) {
    const at = start + 8 * i;
    const entry = new Fields(await readExactly(source, at, 8, FORMAT, 'a cluster index'), FORMAT, at);
    const type = entry.u16(0) & 3;
    yield { type, low: type === NONHEAD ? entry.u16(4) : entry.u16(2), block: entry.u32(4) };
  }
}

/**
 * Packs of 2 entries in 8 bytes, of 16 in 32 where they are aligned so, and of 2 again for the rest. A pack ends with one
 * block address; what its heads point to lies behind that, one after the other.
 */
async function* compactItems(
  source: ByteSource,
  inode: Inode,
  start: number,
  count: number,
  clusterSize: number,
  advise: number,
): AsyncGenerator<Item> {
  const bits = Math.log2(clusterSize);
  if (bits > 14) bad(inode, `clusters of ${clusterSize} bytes`);
  const low = Math.max(bits, 12);
  const initial = ((32 - (start % 32)) / 4) & 7;
  const twoBytes =
    (advise & COMPACT_2B) !== 0 && initial < count ? Math.floor((count - initial) / 16) * 16 : 0;
  if (twoBytes > 0 && bits > 12) bad(inode, `short entries for clusters of ${clusterSize} bytes`);
  const big = (advise & BIG_PCLUSTER) !== 0;
  let at = start;
  for (let index = 0; index < count;) {
    const short = index >= initial && index < initial + twoBytes;
    const [entries, size, width] = short ? [16, 32, 14] : [2, 8, 16];
    const pack = new Fields(await readExactly(source, at, size, FORMAT, 'a cluster index'), FORMAT, at);
    let block = pack.u32(size - 4) + (big ? 0 : 1);
    let counted = true;
    for (let i = 0; i < entries && index < count; i += 1, index += 1) {
      const value = pack.u32(Math.floor((i * width) / 8)) >>> ((i * width) % 8);
      const item = { type: (value >>> low) & 3, low: value & (2 ** low - 1), block };
      if (item.type !== NONHEAD) {
        // A head's size is known by the entry behind it: a block count, or else it is one block.
        if (!counted) block += 1;
        counted = false;
        yield { ...item, block };
        continue;
      }
      if (item.low >= BLOCK_COUNT && big && i + 1 <= entries) {
        block += item.low - BLOCK_COUNT;
        counted = true;
      }
      // The last entry of a pack holds the distance forward, which needs no look.
      yield i + 1 === entries && item.low < BLOCK_COUNT ? { ...item, low: 0 } : item;
    }
    at += size;
  }
}

function unsupported(inode: Inode, what: string): never {
  throw new ImageError(
    'unsupported',
    FORMAT,
    `inode ${inode.nid} uses ${what}, which is not read; fsck.erofs --extract unpacks the image`,
    { offset: inode.offset },
  );
}

function bad(inode: Inode, what: string): never {
  throw new ImageError('malformed', FORMAT, `inode ${inode.nid} has ${what}`, { offset: inode.offset });
}
