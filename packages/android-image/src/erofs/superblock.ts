import { type ByteSource, readExactly } from '../byte-source.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';

/** Layout and flags: Linux fs/erofs/erofs_fs.h. */
export const FORMAT = 'erofs';

const CHUNKED_FILE = 0x4;
/** Features that change only how compressed files are laid out: those are refused one by one, where they come up. */
const OF_COMPRESSION = 0x1 | 0x2 | 0x10;
/** Says that `available_compr_algs` stands in the superblock. */
const COMPR_CFGS = 0x2;
/** By their bits in `available_compr_algs`, and by their numbers in a file's map header. */
export const ALGORITHMS = ['lz4', 'lzma', 'deflate', 'zstd'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Both have this bit; the number of further devices tells which is meant. */
const DEVICE_TABLE_OR_HEAD2 = 0x8;
const NAMES: Readonly<Record<number, string>> = {
  0x20: 'fragments or dedupe',
  0x40: 'xattr_prefixes',
};

export interface Superblock {
  readonly blockSize: number;
  readonly rootNid: number;
  readonly metaOffset: number;
  readonly xattrOffset: number;
  /** The time of every compact inode. */
  readonly buildTime: number;
}

export async function readSuperblock(source: ByteSource): Promise<Superblock> {
  const sb = new Fields(await readExactly(source, 1024, 128, FORMAT, 'the superblock'), FORMAT, 1024);
  if (sb.u32(0) !== 0xe0f5e1e2) bad('no erofs magic');
  const unknown = sb.u32(80) & ~(CHUNKED_FILE | OF_COMPRESSION);
  if (unknown !== 0) {
    const names: string[] = [];
    for (let bit = 1; bit !== 0; bit <<= 1) if ((unknown & bit) !== 0) names.push(nameOf(bit >>> 0, sb));
    throw new ImageError('unsupported', FORMAT, `features that are not read: ${names.join(', ')}`, {
      offset: 1104,
    });
  }
  const bits = sb.u8(12);
  if (bits < 9 || bits > 16) bad(`a block size of 2^${bits}`);
  const blockSize = 2 ** bits;
  const blocks = sb.u32(36);
  if (blocks === 0 || blocks * blockSize > source.size)
    bad(`${blocks} blocks of ${blockSize} bytes in ${source.size} bytes`);
  return {
    blockSize,
    rootNid: sb.u16(14),
    metaOffset: sb.u32(40) * blockSize,
    xattrOffset: sb.u32(44) * blockSize,
    buildTime: sb.u64(24),
  };
}

function nameOf(bit: number, sb: Fields): string {
  if (bit === DEVICE_TABLE_OR_HEAD2 && sb.u16(86) > 0) return 'device_table';
  if (bit === DEVICE_TABLE_OR_HEAD2) {
    const available = (sb.u32(80) & COMPR_CFGS) === 0 ? 0 : sb.u16(84);
    const algorithms = ALGORITHMS.filter((_, at) => (available & (1 << at)) !== 0);
    return `compr_head2 (files compressed by two of ${algorithms.join(', ')})`;
  }
  return NAMES[bit] ?? `0x${bit.toString(16)}`;
}

function bad(what: string): never {
  throw new ImageError('malformed', FORMAT, what, { offset: 1024 });
}
