import { type ByteSource, readExactly } from '../byte-source.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';
import { crc32c } from './crc32c.js';
import type { Superblock } from './superblock.js';

const FORMAT = 'ext4';
const FLAG_ENCRYPT = 0x800;
const FLAG_EXTENTS = 0x80000;
const FLAG_INLINE = 0x10000000;

export interface Inode {
  readonly number: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size: number;
  readonly links: number;
  readonly extents: boolean;
  readonly inline: boolean;
  /** The 60 bytes that hold block pointers, an extent tree's root, a link's target, a device or inline data. */
  readonly block: Uint8Array;
  /** Block with further attributes, or 0. */
  readonly attributeBlock: number;
  /** What stands behind the fixed fields: attributes inside the inode. */
  readonly extra: Uint8Array;
  readonly offset: number;
}

/** Reads inodes by number, through the group descriptors. */
export class Inodes {
  /** Start block of the inode table, by group; read once each. */
  readonly #tables = new Map<number, number>();

  constructor(
    private readonly source: ByteSource,
    private readonly sb: Superblock,
  ) {}

  async read(number: number): Promise<Inode> {
    const { sb } = this;
    if (number < 1 || number > sb.inodes)
      throw new ImageError('malformed', FORMAT, `inode ${number} where ${sb.inodes} are`);
    const group = Math.floor((number - 1) / sb.inodesPerGroup);
    const index = (number - 1) % sb.inodesPerGroup;
    const offset = (await this.#table(group)) * sb.blockSize + index * sb.inodeSize;
    const bytes = await readExactly(this.source, offset, sb.inodeSize, FORMAT, `inode ${number}`);
    return this.#parse(number, new Fields(bytes, FORMAT, offset), offset);
  }

  async #table(group: number): Promise<number> {
    const known = this.#tables.get(group);
    if (known !== undefined) return known;
    const { descriptorSize } = this.sb;
    const offset = this.sb.descriptor(group);
    const bytes = await readExactly(this.source, offset, descriptorSize, FORMAT, `group descriptor ${group}`);
    const descriptor = new Fields(bytes, FORMAT, offset);
    const block = descriptor.u32(8) + (descriptorSize >= 64 ? descriptor.u32(40) * 2 ** 32 : 0);
    if (block === 0 || block >= this.sb.blocks)
      throw new ImageError('malformed', FORMAT, `the inodes of group ${group} at block ${block}`, { offset });
    this.#tables.set(group, block);
    return block;
  }

  #parse(number: number, inode: Fields, offset: number): Inode {
    const extraSize = this.sb.inodeSize > 128 ? inode.u16(128) : 0;
    if (128 + extraSize > this.sb.inodeSize || extraSize % 4 !== 0)
      throw new ImageError('malformed', FORMAT, `inode ${number} with ${extraSize} extra bytes`, { offset });
    this.#verify(number, inode, extraSize, offset);
    const flags = inode.u32(32);
    if ((flags & FLAG_ENCRYPT) !== 0)
      throw new ImageError('unsupported', FORMAT, `inode ${number} is encrypted`, { offset });
    // Seconds are signed; two bits behind the nanoseconds of the extra field carry them beyond 2038.
    const seconds = inode.u32(16) | 0;
    const epoch = extraSize >= 12 ? (inode.u32(136) & 3) * 2 ** 32 : 0;
    return {
      number,
      mode: inode.u16(0),
      uid: inode.u16(2) + inode.u16(120) * 65536,
      gid: inode.u16(24) + inode.u16(122) * 65536,
      mtime: seconds + epoch,
      size: inode.u32(4) + inode.u32(108) * 2 ** 32,
      links: inode.u16(26),
      extents: (flags & FLAG_EXTENTS) !== 0,
      inline: (flags & FLAG_INLINE) !== 0,
      block: inode.part(40, 60),
      attributeBlock: inode.u32(104) + inode.u16(118) * 2 ** 32,
      extra: inode.part(128 + extraSize, this.sb.inodeSize - 128 - extraSize),
      offset,
    };
  }

  #verify(number: number, inode: Fields, extraSize: number, offset: number): void {
    if (this.sb.checksumSeed === undefined) return;
    const bytes = Buffer.from(inode.bytes);
    const wide = extraSize >= 4;
    const stored = inode.u16(124) + (wide ? inode.u16(130) * 65536 : 0);
    bytes.fill(0, 124, 126);
    if (wide) bytes.fill(0, 130, 132);
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32LE(number, 0);
    prefix.writeUInt32LE(inode.u32(100), 4);
    const sum = crc32c(crc32c(this.sb.checksumSeed, prefix), bytes);
    if (stored !== (wide ? sum : sum & 0xffff))
      throw new ImageError('malformed', FORMAT, `the checksum of inode ${number} is wrong`, { offset });
  }
}
