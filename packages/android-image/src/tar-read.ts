import type { ByteStream } from './byte-source.js';
import { type Entry, type EntryStream, type EntryType, noContent } from './entry.js';
import { ImageError } from './errors.js';
import { Budget, type Limits } from './limits.js';
import { decodeName, normalise } from './path.js';
import { Body, StreamReader } from './stream-reader.js';
import { field, number, paxNumber, paxRecords, sumIsRight } from './tar-fields.js';

const BLOCK = 512;
const TYPES: Readonly<Record<string, EntryType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file', // contiguous: POSIX says to take it as a plain file
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/** What extension headers say about the entry behind them. */
interface Extension {
  name?: Uint8Array;
  link?: Uint8Array;
  records: Map<string, Uint8Array>;
}

/**
 * Entries of a pax, ustar, GNU or V7 tar, in the archive's order. Numeric owners only; owner names are not looked at.
 * GNU and pax sparse members, multi-volume members and types unknown to POSIX are refused by name.
 */
export async function* readTar(stream: ByteStream, limits?: Partial<Limits>): EntryStream {
  const budget = new Budget('tar', limits);
  const reader = new StreamReader(stream, 'tar');
  const global = new Map<string, Uint8Array>();
  let extension: Extension = { records: new Map() };
  try {
    while (!(await reader.atEnd())) {
      const offset = reader.offset;
      const block = await reader.take(BLOCK, 'a header');
      if (block.every((byte) => byte === 0)) return; // the first of the two closing blocks; the second is often missing
      if (!sumIsRight(block))
        throw new ImageError('malformed', 'tar', 'a header with a wrong checksum', { offset });
      const size = number(block, 124, 12, 'size', offset);
      const flag = String.fromCharCode(block[156]!);
      if ('xgLK'.includes(flag)) {
        const body = await extensionBody(reader, size, budget, offset);
        if (flag === 'x') paxRecords(body, extension.records, offset);
        else if (flag === 'g') paxRecords(body, global, offset);
        else extension[flag === 'L' ? 'name' : 'link'] = untilNul(body);
        continue;
      }
      const { entry, body } = member(block, flag, size, global, extension, budget, reader, offset);
      extension = { records: new Map() };
      yield entry;
      await body.finish();
      // The last one's padding may be missing, as the closing blocks may: umoci 0.4 ends its layers with the content.
      await reader.upTo((BLOCK - (body.size % BLOCK)) % BLOCK);
    }
    if (extension.records.size > 0 || extension.name !== undefined || extension.link !== undefined)
      throw new ImageError('malformed', 'tar', 'an extension header with no entry behind it', {
        offset: reader.offset,
      });
  } finally {
    await reader.close();
  }
}

async function extensionBody(
  reader: StreamReader,
  size: number,
  budget: Budget,
  offset: number,
): Promise<Uint8Array> {
  const { maxNameBytes, maxXattrBytes } = budget.limits;
  // Two names, the attributes, and 16 KiB for records nobody here looks at.
  const limit = 2 * maxNameBytes + maxXattrBytes + 16384;
  if (size > limit)
    throw new ImageError('limit', 'tar', `an extension header of ${size} bytes; the limit is ${limit}`, {
      offset,
    });
  const body = await reader.take(size, 'an extension header');
  await reader.skip((BLOCK - (size % BLOCK)) % BLOCK, 'padding');
  return body;
}

function member(
  block: Uint8Array,
  flag: string,
  headerSize: number,
  global: ReadonlyMap<string, Uint8Array>,
  extension: Extension,
  budget: Budget,
  reader: StreamReader,
  offset: number,
): { entry: Entry; body: Body } {
  const record = (key: string): Uint8Array | undefined => extension.records.get(key) ?? global.get(key);
  const name = decodeName(extension.name ?? record('path') ?? ustarName(block), 'tar', offset);
  for (const key of [...extension.records.keys(), ...global.keys()]) {
    if (key.startsWith('GNU.sparse.'))
      throw new ImageError('unsupported', 'tar', 'a sparse member; make the archive without --sparse', {
        offset,
        path: name,
      });
  }
  let type = TYPES[flag];
  if (type === undefined)
    throw new ImageError('unsupported', 'tar', `a member of ${kind(flag)}`, { offset, path: name });
  if (type === 'file' && name.endsWith('/')) type = 'directory'; // V7 had no type for directories
  const path = normalise(name, 'tar', budget);
  const where = { path, offset };

  const size = paxNumber(record('size'), 'size', where) ?? headerSize;
  if (type !== 'file' && type !== 'directory' && size !== 0)
    throw new ImageError('unsupported', 'tar', `a ${type} with ${size} bytes of content`, where);
  budget.entry(where);
  if (type === 'file') budget.bytes(size, where);

  const xattrs = new Map<string, Uint8Array>();
  let xattrBytes = 0;
  for (const records of [global, extension.records]) {
    for (const [key, value] of records) {
      if (!key.startsWith('SCHILY.xattr.')) continue;
      xattrs.set(key.slice('SCHILY.xattr.'.length), value);
      xattrBytes += key.length + value.length;
    }
  }
  budget.xattrBytes(xattrBytes, where);

  const body = new Body(reader, size, `content of ${path}`);
  const header = {
    path,
    type,
    mode: number(block, 100, 8, 'mode', offset) & 0o7777,
    uid: paxNumber(record('uid'), 'uid', where) ?? number(block, 108, 8, 'uid', offset),
    gid: paxNumber(record('gid'), 'gid', where) ?? number(block, 116, 8, 'gid', offset),
    mtime: Math.floor(paxNumber(record('mtime'), 'mtime', where) ?? number(block, 136, 12, 'mtime', offset)),
    size: type === 'file' ? size : 0,
    xattrs,
    content: () => (type === 'file' ? body.stream() : noContent()),
  };
  if (type === 'symlink' || type === 'hardlink') {
    const target = decodeName(extension.link ?? record('linkpath') ?? field(block, 157, 100), 'tar', offset);
    if (target === '') throw new ImageError('malformed', 'tar', `a ${type} to nothing`, where);
    budget.nameBytes(Buffer.byteLength(target), where);
    return {
      entry: { ...header, linkTarget: type === 'hardlink' ? normalise(target, 'tar', budget) : target },
      body,
    };
  }
  if (type === 'char' || type === 'block') {
    const device = {
      major: number(block, 329, 8, 'device major', offset),
      minor: number(block, 337, 8, 'device minor', offset),
    };
    return { entry: { ...header, device }, body };
  }
  return { entry: header, body };
}

function ustarName(block: Uint8Array): Uint8Array {
  const name = field(block, 0, 100);
  // GNU tar ends its magic with blanks and uses the prefix field for something else.
  const posix = Buffer.from(block.subarray(257, 263)).equals(Buffer.from('ustar\0'));
  const prefix = posix ? field(block, 345, 155) : new Uint8Array(0);
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
}

function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function kind(flag: string): string {
  if (flag === 'S') return 'type S (sparse); make the archive without --sparse';
  if (flag === 'M') return 'type M (continued from another volume)';
  return `type ${JSON.stringify(flag)}`;
}
