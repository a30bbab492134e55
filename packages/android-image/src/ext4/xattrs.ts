import { type ByteSource, readExactly } from '../byte-source.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';
import type { Budget } from '../limits.js';
import { decodeName } from '../path.js';
import type { Inode } from './inode.js';
import type { Superblock } from './superblock.js';

const FORMAT = 'ext4';
const MAGIC = 0xea020000;
/** e_name_index to prefix (fs/ext4/xattr.h). Access lists are left out: see below. */
const PREFIXES: Readonly<Record<number, string>> = {
  1: 'user.',
  4: 'trusted.',
  6: 'security.',
  7: 'system.',
};
const ACLS = new Set([2, 3, 8]);

/** Attributes of an inode: those inside it, then those of its attribute block. 'system.data' is inline content. */
export async function readXattrs(
  source: ByteSource,
  sb: Superblock,
  inode: Inode,
  budget: Budget,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  if (inode.extra.length >= 8) {
    const inside = new Fields(inode.extra, FORMAT, inode.offset);
    if (inside.u32(0) === MAGIC)
      parse(new Fields(inode.extra.subarray(4), FORMAT, inode.offset), 0, found, inode);
  }
  if (inode.attributeBlock !== 0) {
    const { blockSize, blocks } = sb;
    const offset = inode.attributeBlock * blockSize;
    if (inode.attributeBlock >= blocks)
      throw new ImageError(
        'malformed',
        FORMAT,
        `attributes of inode ${inode.number} at block ${inode.attributeBlock}`,
        {
          offset: inode.offset,
        },
      );
    const block = new Fields(
      await readExactly(source, offset, blockSize, FORMAT, 'an attribute block'),
      FORMAT,
      offset,
    );
    if (block.u32(0) !== MAGIC || block.u32(8) !== 1)
      throw new ImageError('malformed', FORMAT, `no attribute block of inode ${inode.number}`, { offset });
    parse(block, 32, found, inode);
  }
  let size = 0;
  for (const [name, value] of found) size += name.length + (name === 'system.data' ? 0 : value.length);
  budget.xattrBytes(size, { offset: inode.offset });
  return found;
}

/** Entries from `first` on; offsets of values count from the start of `area`. */
function parse(area: Fields, first: number, into: Map<string, Uint8Array>, inode: Inode): void {
  for (let at = first; at + 4 <= area.size && area.u32(at) !== 0;) {
    const [nameLength, index, offset, inValue, size] = [
      area.u8(at),
      area.u8(at + 1),
      area.u16(at + 2),
      area.u32(at + 4),
      area.u32(at + 8),
    ];
    const prefix = PREFIXES[index];
    const text = decodeName(area.part(at + 16, nameLength), FORMAT, inode.offset);
    at += 16 + nameLength + ((4 - (nameLength % 4)) % 4);
    if (ACLS.has(index))
      // squashfs cannot hold them, and to drop them would silently open what they close.
      throw new ImageError('unsupported', FORMAT, `inode ${inode.number} has a POSIX access list`, inode);
    if (prefix === undefined)
      throw new ImageError(
        'malformed',
        FORMAT,
        `inode ${inode.number} has an attribute of kind ${index}`,
        inode,
      );
    if (inValue !== 0)
      throw new ImageError(
        'unsupported',
        FORMAT,
        `inode ${inode.number} keeps an attribute in another inode`,
        inode,
      );
    into.set(prefix + text, area.part(offset, size));
  }
}
