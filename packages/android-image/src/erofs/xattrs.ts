import { type ByteSource, readExactly } from '../byte-source.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';
import type { Budget } from '../limits.js';
import { decodeName } from '../path.js';
import type { Inode } from './inode.js';
import { FORMAT, type Superblock } from './superblock.js';

const PREFIXES: Readonly<Record<number, string>> = { 1: 'user.', 4: 'trusted.', 6: 'security.' };
/** An attribute's name and value at most; its fixed part. */
const HEADER = 4;

/** Attributes of an inode: those it shares with others, by their place in the shared area, then its own. */
export async function readXattrs(
  source: ByteSource,
  sb: Superblock,
  inode: Inode,
  budget: Budget,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  if (inode.xattrSize === 0) return found;
  budget.xattrBytes(inode.xattrSize, inode);
  const bytes = await readExactly(source, inode.xattrOffset, inode.xattrSize, FORMAT, 'attributes');
  const body = new Fields(bytes, FORMAT, inode.xattrOffset);
  const shared = body.u8(4);
  let size = 0;
  const add = (area: Fields, at: number): number => {
    const [name, value, next] = attribute(area, at, inode);
    size += name.length + value.length;
    budget.xattrBytes(size, inode);
    found.set(name, value);
    return next;
  };
  for (let i = 0; i < shared; i += 1) {
    const offset = sb.xattrOffset + 4 * body.u32(12 + 4 * i);
    const head = new Fields(
      await readExactly(source, offset, HEADER, FORMAT, 'a shared attribute'),
      FORMAT,
      offset,
    );
    const length = HEADER + head.u8(0) + head.u16(2);
    add(
      new Fields(await readExactly(source, offset, length, FORMAT, 'a shared attribute'), FORMAT, offset),
      0,
    );
  }
  for (let at = 12 + 4 * shared; at + HEADER <= body.size && body.u32(at) !== 0;) at = add(body, at);
  return found;
}

function attribute(area: Fields, at: number, inode: Inode): [string, Uint8Array, number] {
  const [nameLength, index, size] = [area.u8(at), area.u8(at + 1), area.u16(at + 2)];
  const prefix = PREFIXES[index];
  if (prefix === undefined)
    // Access lists (2, 3) are what squashfs cannot hold.
    throw new ImageError(
      'unsupported',
      FORMAT,
      `inode ${inode.nid} has an attribute of kind ${index}`,
      inode,
    );
  const name = decodeName(area.part(at + HEADER, nameLength), FORMAT, inode.offset);
  const value = area.part(at + HEADER + nameLength, size);
  return [prefix + name, value, at + Math.ceil((HEADER + nameLength + size) / 4) * 4];
}
