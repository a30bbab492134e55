import { type ByteSource, CHUNK, readExactly } from '../byte-source.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';
import { FORMAT, type Superblock } from './superblock.js';

/** How the content of an inode lies (EROFS_INODE_*); full and compact are indexes of compressed content. */
const LAYOUTS = ['plain', 'full', 'inline', 'compact', 'chunked'] as const;
const HOLE = 0xffffffff;
const CHUNK_INDEXES = 0x20;

export interface Inode {
  readonly nid: number;
  readonly layout: (typeof LAYOUTS)[number];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size: number;
  readonly links: number;
  /** First block of plain content, a device number, or the format of chunks. */
  readonly word: number;
  readonly offset: number;
  /** Where the attributes begin, how long they are; what comes behind them is the layout's. */
  readonly xattrOffset: number;
  readonly xattrSize: number;
}

export async function readInode(source: ByteSource, sb: Superblock, nid: number): Promise<Inode> {
  const offset = sb.metaOffset + nid * 32;
  const what = `inode ${nid}`;
  const compact = new Fields(await readExactly(source, offset, 32, FORMAT, what), FORMAT, offset);
  const format = compact.u16(0);
  const extended = (format & 1) !== 0;
  const layout = LAYOUTS[(format >>> 1) & 7];
  if (layout === undefined || format >>> 4 !== 0)
    throw new ImageError('unsupported', FORMAT, `${what} of format 0x${format.toString(16)}`, { offset });
  const count = compact.u16(2);
  const common = {
    nid,
    layout,
    mode: compact.u16(4),
    word: compact.u32(16),
    offset,
    xattrOffset: offset + (extended ? 64 : 32),
    xattrSize: count === 0 ? 0 : 12 + 4 * (count - 1),
  };
  if (!extended)
    return {
      ...common,
      uid: compact.u16(24),
      gid: compact.u16(26),
      mtime: sb.buildTime,
      size: compact.u32(8),
      links: compact.u16(6),
    };
  const inode = new Fields(await readExactly(source, offset, 64, FORMAT, what), FORMAT, offset);
  return {
    ...common,
    uid: inode.u32(24),
    gid: inode.u32(28),
    mtime: inode.u64(32),
    size: inode.u64(8),
    links: inode.u32(44),
  };
}

/** The bytes of an inode that is not compressed (layouts plain, inline, chunked). */
export async function* uncompressed(
  source: ByteSource,
  sb: Superblock,
  inode: Inode,
): AsyncGenerator<Uint8Array> {
  const { size, layout } = inode;
  const behind = inode.xattrOffset + inode.xattrSize;
  if (layout === 'chunked') {
    yield* chunked(source, sb, inode, behind);
    return;
  }
  const blocks = layout === 'inline' ? size - (size % sb.blockSize) : size;
  yield* range(source, inode.word * sb.blockSize, blocks);
  if (blocks < size) yield await readExactly(source, behind, size - blocks, FORMAT, 'inline content');
}

async function* chunked(
  source: ByteSource,
  sb: Superblock,
  inode: Inode,
  behind: number,
): AsyncGenerator<Uint8Array> {
  const chunkSize = sb.blockSize * 2 ** (inode.word & 0x1f);
  const indexes = (inode.word & CHUNK_INDEXES) !== 0;
  const entry = indexes ? 8 : 4;
  const table = Math.ceil(behind / entry) * entry;
  for (let at = 0, i = 0; at < inode.size; at += chunkSize, i += 1) {
    const length = Math.min(chunkSize, inode.size - at);
    const bytes = await readExactly(source, table + i * entry, entry, FORMAT, 'a chunk index');
    const index = new Fields(bytes, FORMAT, table + i * entry);
    if (indexes && index.u16(2) !== 0)
      throw new ImageError('unsupported', FORMAT, `a chunk of inode ${inode.nid} on another device`, inode);
    const block = index.u32(indexes ? 4 : 0);
    if (block === HOLE)
      for (let left = length; left > 0; left -= CHUNK) yield new Uint8Array(Math.min(left, CHUNK));
    else yield* range(source, block * sb.blockSize, length);
  }
}

async function* range(source: ByteSource, offset: number, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += CHUNK)
    yield await readExactly(source, offset + at, Math.min(CHUNK, length - at), FORMAT, 'content');
}
