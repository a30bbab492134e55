import { type ByteSource, readExactly } from '../byte-source.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';
import { crc32c } from './crc32c.js';

/** Layout and flags: Linux fs/ext4/ext4.h and Documentation/filesystems/ext4. */
const FORMAT = 'ext4';

const INCOMPAT = {
  filetype: 0x2,
  recover: 0x4,
  metaBg: 0x10,
  extents: 0x40,
  bit64: 0x80,
  mmp: 0x100,
  flexBg: 0x200,
  csumSeed: 0x2000,
  largeDir: 0x4000,
  inlineData: 0x8000,
  casefold: 0x20000,
} as const;
const READABLE = Object.values(INCOMPAT).reduce((bits, bit) => bits | bit, 0);
/** Incompatible features by their bit, for the refusal; `recover` is refused by what it means. */
const NAMES: Readonly<Record<number, string>> = {
  0x1: 'compression',
  0x8: 'journal_dev',
  0x400: 'ea_inode',
  0x1000: 'dirdata',
  0x10000: 'encrypt',
};
const RO_SPARSE_SUPER = 0x1;
const RO_METADATA_CSUM = 0x400;
const COMPAT_SPARSE_SUPER2 = 0x200;

export interface Superblock {
  readonly blockSize: number;
  readonly blocks: number;
  readonly inodes: number;
  readonly inodesPerGroup: number;
  readonly inodeSize: number;
  /** Directory entries hold a type byte. */
  readonly filetype: boolean;
  /** Start of every metadata checksum; undefined when the file system has none. */
  readonly checksumSeed?: number;
  /** Offset in bytes of group descriptor `group`, and its size. */
  readonly descriptor: (group: number) => number;
  readonly descriptorSize: number;
  readonly groups: number;
}

export async function readSuperblock(source: ByteSource): Promise<Superblock> {
  const sb = new Fields(await readExactly(source, 1024, 1024, FORMAT, 'the superblock'), FORMAT, 1024);
  if (sb.u16(56) !== 0xef53) bad('no ext4 magic');
  const [compat, incompat, readOnly] = [sb.u32(92), sb.u32(96), sb.u32(100)];
  refuseUnknown(incompat);
  const checksums = (readOnly & RO_METADATA_CSUM) !== 0;
  if (checksums && sb.u32(1020) !== crc32c(0xffffffff, sb.part(0, 1020)))
    bad('the checksum of the superblock is wrong');

  const logBlock = sb.u32(24);
  if (logBlock > 6) bad(`a block size of 2^${logBlock + 10}`);
  const blockSize = 1024 << logBlock;
  const bit64 = (incompat & INCOMPAT.bit64) !== 0;
  const blocks = sb.u32(4) + (bit64 ? sb.u32(336) * 2 ** 32 : 0);
  const firstBlock = sb.u32(20);
  const [blocksPerGroup, inodesPerGroup, inodes] = [sb.u32(32), sb.u32(40), sb.u32(0)];
  const inodeSize = sb.u32(76) === 0 ? 128 : sb.u16(88);
  const descriptorSize = bit64 ? sb.u16(254) : 32;
  if (blocks === 0 || blocks * blockSize > source.size)
    bad(`${blocks} blocks of ${blockSize} bytes in ${source.size} bytes`);
  if (firstBlock > 1 || blocksPerGroup === 0 || blocksPerGroup > 8 * blockSize)
    bad(`${blocksPerGroup} blocks in a group, the first is ${firstBlock}`);
  if (inodesPerGroup === 0 || inodesPerGroup > 8 * blockSize) bad(`${inodesPerGroup} inodes in a group`);
  if (inodeSize < 128 || inodeSize > blockSize || !powerOf2(inodeSize)) bad(`inodes of ${inodeSize} bytes`);
  if (descriptorSize < (bit64 ? 64 : 32) || descriptorSize > 1024 || !powerOf2(descriptorSize))
    bad(`group descriptors of ${descriptorSize} bytes`);
  const groups = Math.ceil((blocks - firstBlock) / blocksPerGroup);
  if (inodes > groups * inodesPerGroup) bad(`${inodes} inodes in ${groups} groups of ${inodesPerGroup}`);

  const perBlock = blockSize / descriptorSize;
  const metaBg = (incompat & INCOMPAT.metaBg) !== 0;
  const firstMeta = metaBg ? sb.u32(260) : Number.POSITIVE_INFINITY;
  const hasSuper = superblockCopies(compat, readOnly, [sb.u32(588), sb.u32(592)]);
  const descriptorBlock = (index: number): number => {
    if (index < firstMeta) return firstBlock + 1 + index;
    const group = index * perBlock;
    return firstBlock + group * blocksPerGroup + (hasSuper(group) ? 1 : 0);
  };
  const seed = (incompat & INCOMPAT.csumSeed) !== 0 ? sb.u32(624) : crc32c(0xffffffff, sb.part(104, 16));
  return {
    blockSize,
    blocks,
    inodes,
    inodesPerGroup,
    inodeSize,
    filetype: (incompat & INCOMPAT.filetype) !== 0,
    ...(checksums ? { checksumSeed: seed } : {}),
    descriptor: (group) =>
      descriptorBlock(Math.floor(group / perBlock)) * blockSize + (group % perBlock) * descriptorSize,
    descriptorSize,
    groups,
  };
}

function refuseUnknown(incompat: number): void {
  if ((incompat & INCOMPAT.recover) !== 0)
    throw new ImageError(
      'unsupported',
      FORMAT,
      'the journal was not played back; run e2fsck -p on the image first',
    );
  const unknown = incompat & ~READABLE;
  if (unknown === 0) return;
  const names: string[] = [];
  for (let bit = 1; bit !== 0; bit <<= 1)
    if ((unknown & bit) !== 0) names.push(NAMES[bit >>> 0] ?? `0x${(bit >>> 0).toString(16)}`);
  throw new ImageError('unsupported', FORMAT, `features that are not read: ${names.join(', ')}`);
}

/** Which groups begin with a copy of the superblock (ext4_bg_has_super). */
function superblockCopies(
  compat: number,
  readOnly: number,
  two: readonly number[],
): (group: number) => boolean {
  if ((compat & COMPAT_SPARSE_SUPER2) !== 0) return (group) => group === 0 || two.includes(group);
  if ((readOnly & RO_SPARSE_SUPER) === 0) return () => true;
  return (group) => group <= 1 || [3, 5, 7].some((base) => isPowerOf(base, group));
}

function isPowerOf(base: number, value: number): boolean {
  let power = base;
  while (power < value) power *= base;
  return power === value;
}

const powerOf2 = (value: number): boolean => (value & (value - 1)) === 0;

function bad(what: string): never {
  throw new ImageError('malformed', FORMAT, what, { offset: 1024 });
}
