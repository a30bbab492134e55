import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';
import { memberName } from '../path.js';
import type { Inode } from './inode.js';

const FORMAT = 'ext4';

export interface DirectoryEntry {
  readonly name: string;
  readonly inode: number;
}

/**
 * The entries of one directory block, without '.' and '..'. Index blocks of a hashed directory look like a block with one
 * free entry, checksums like a free entry at the end: read in order, a directory is whole without its index.
 */
export function* directoryBlock(
  bytes: Uint8Array,
  filetype: boolean,
  inode: Inode,
): Generator<DirectoryEntry> {
  const block = new Fields(bytes, FORMAT, inode.offset);
  let at = 0;
  while (at < block.size) {
    // What is left of an inline directory may be too short for an entry.
    if (block.size - at < 8) return;
    const number = block.u32(at);
    // 16 bits cannot say 65536: 0 and 65535 stand for it.
    const stored = block.u16(at + 4);
    const length = block.size === 65536 && (stored === 0 || stored === 65535) ? 65536 : stored;
    const nameLength = filetype ? block.u8(at + 6) : block.u16(at + 6);
    if (
      length < 8 ||
      length % 4 !== 0 ||
      at + length > block.size ||
      (number !== 0 && nameLength + 8 > length)
    )
      throw new ImageError(
        'malformed',
        FORMAT,
        `directory inode ${inode.number} has an entry of ${length} bytes`,
        {
          offset: inode.offset,
        },
      );
    if (number !== 0) {
      const name = block.part(at + 8, nameLength);
      const dots = name.every((byte) => byte === 0x2e) && nameLength <= 2 && nameLength > 0;
      if (!dots) yield { name: memberName(name, FORMAT, inode.offset), inode: number };
    }
    at += length;
  }
}
