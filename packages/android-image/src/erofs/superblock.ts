import { type ByteSource, readExactly } from '../byte-source.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';

/** Layout and flags: Linux fs/erofs/erofs_fs.h. */
export const FORMAT = 'erofs';

const CHUNKED_FILE = 0x4;
/** Features that change only how compressed files are laid out: those are refused one by one, where they come up. */
const OF_COMPRESSION = 0x1 | 0x2 | 0x10;
const NAMES: Readonly<Record<number, string>> = {
  0x8: 'device_table or compr_head2',
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
    for (let bit = 1; bit !== 0; bit <<= 1)
      if ((unknown & bit) !== 0) names.push(NAMES[bit >>> 0] ?? `0x${(bit >>> 0).toString(16)}`);
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

function bad(what: string): never {
  throw new ImageError('malformed', FORMAT, what, { offset: 1024 });
}
