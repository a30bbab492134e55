import type { ByteStream } from './byte-source.js';
import { type Entry, type EntryHeader, type EntryStream, NO_XATTRS, noContent } from './entry.js';
import { ImageError } from './errors.js';
import { Budget, type Limits } from './limits.js';
import { fileType } from './mode.js';
import { decodeName, normalise } from './path.js';
import { Body, StreamReader } from './stream-reader.js';

const HEADER = 110;
const TRAILER = 'TRAILER!!!';

/** Names of one inode of one archive. */
interface Links {
  /** The name that was given out with the content; undefined while only names without content came by. */
  target?: string;
  readonly waiting: EntryHeader[];
}

interface Header {
  readonly inode: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly mtime: number;
  readonly size: number;
  readonly device: { readonly major: number; readonly minor: number };
  readonly nameSize: number;
}

/**
 * Entries of newc cpio archives ("070701", and "070702", whose sums the kernel does not look at either), one after the
 * other with zeros between, as the kernel unpacks a ramdisk. A later entry of the same path stands for the earlier one:
 * `mergeTrees` sorts that out. Hard links: cpio gives the content with the last name, so names wait for it.
 */
export async function* readCpio(stream: ByteStream, limits?: Partial<Limits>): EntryStream {
  const budget = new Budget('cpio', limits);
  const reader = new StreamReader(stream, 'cpio');
  let links = new Map<string, Links>();
  let open = false;
  try {
    for (;;) {
      const offset = reader.offset;
      if (!open) await reader.skipZeros();
      if (await reader.atEnd()) {
        if (open)
          throw new ImageError('malformed', 'cpio', 'the archive ends without its trailer', { offset });
        return;
      }
      open = true;
      const header = parse(await reader.take(HEADER, 'a header'), offset);
      budget.nameBytes(header.nameSize, { offset });
      const nameBytes = await reader.take(header.nameSize, 'a name');
      if (nameBytes.at(-1) !== 0)
        throw new ImageError('malformed', 'cpio', 'a name without its NUL', { offset });
      const name = decodeName(nameBytes.subarray(0, -1), 'cpio', offset);
      await reader.skip(padding(HEADER + header.nameSize), 'padding');
      if (name === TRAILER) {
        yield* leftOver(links);
        links = new Map();
        open = false;
        continue;
      }
      yield* member(reader, header, normalise(name, 'cpio', budget), budget, links, offset);
    }
  } finally {
    await reader.close();
  }
}

async function* member(
  reader: StreamReader,
  header: Header,
  path: string,
  budget: Budget,
  links: Map<string, Links>,
  offset: number,
): EntryStream {
  const where = { path, offset };
  budget.entry(where);
  const type = fileType(header.mode);
  if (type === undefined)
    throw new ImageError('malformed', 'cpio', `mode 0o${header.mode.toString(8)} is of no known type`, where);
  const body = new Body(reader, header.size, `content of ${path}`);
  const base = {
    path,
    mode: header.mode & 0o7777,
    uid: header.uid,
    gid: header.gid,
    mtime: header.mtime,
    size: 0,
    xattrs: NO_XATTRS,
  };
  if (type === 'symlink') {
    budget.nameBytes(header.size, where);
    const linkTarget = decodeName(await reader.take(header.size, 'a link target'), 'cpio', offset);
    if (linkTarget === '') throw new ImageError('malformed', 'cpio', 'a symlink to nothing', where);
    yield { ...base, type, linkTarget, content: noContent };
    await reader.skip(padding(header.size), 'padding');
    return;
  }
  if (type !== 'file') {
    if (header.size !== 0)
      throw new ImageError('malformed', 'cpio', `a ${type} with ${header.size} bytes of content`, where);
    // A socket is what a running program left; no image means it.
    if (type === 'socket') return;
    const device = type === 'char' || type === 'block' ? { device: header.device } : {};
    yield { ...base, type, ...device, content: noContent };
    return;
  }
  const file = { ...base, type, size: header.size } as const;
  const known = header.links > 1 ? (links.get(header.inode) ?? { waiting: [] }) : undefined;
  if (known !== undefined) links.set(header.inode, known);
  if (known?.target !== undefined) {
    yield hardLink(file, known.target);
  } else if (known !== undefined && header.size === 0) {
    known.waiting.push(file);
  } else {
    budget.bytes(header.size, where);
    yield { ...file, content: () => body.stream() };
    if (known !== undefined) {
      known.target = path;
      await finish(body, reader);
      for (const waiting of known.waiting) yield hardLink(waiting, path);
      known.waiting.length = 0;
      return;
    }
  }
  await finish(body, reader);
}

async function finish(body: Body, reader: StreamReader): Promise<void> {
  await body.finish();
  await reader.skip(padding(body.size), 'padding');
}

/** Names whose content never came: an empty file with several names. */
async function* leftOver(links: ReadonlyMap<string, Links>): EntryStream {
  for (const { target, waiting } of links.values()) {
    const [first, ...others] = waiting;
    if (target !== undefined || first === undefined) continue;
    yield { ...first, content: noContent };
    for (const other of others) yield hardLink(other, first.path);
  }
}

const hardLink = (header: EntryHeader, linkTarget: string): Entry => ({
  ...header,
  type: 'hardlink',
  size: 0,
  linkTarget,
  content: noContent,
});

const padding = (size: number): number => (4 - (size % 4)) % 4;

function parse(block: Uint8Array, offset: number): Header {
  const text = Buffer.from(block).toString('latin1');
  const magic = text.slice(0, 6);
  if (magic !== '070701' && magic !== '070702') {
    const old = magic === '070707' || (block[0] === 0xc7 && block[1] === 0x71);
    if (old)
      throw new ImageError('unsupported', 'cpio', 'an archive of the old format; only newc is read', {
        offset,
      });
    throw new ImageError('malformed', 'cpio', `no newc header but ${JSON.stringify(magic)}`, { offset });
  }
  if (!/^[0-9a-f]{104}$/i.test(text.slice(6)))
    throw new ImageError('malformed', 'cpio', 'a header that is not hexadecimal', { offset });
  const field = (index: number): number => Number.parseInt(text.slice(6 + 8 * index, 14 + 8 * index), 16);
  return {
    inode: `${field(7)}:${field(8)}:${field(0)}`,
    mode: field(1),
    uid: field(2),
    gid: field(3),
    links: field(4),
    mtime: field(5),
    size: field(6),
    device: { major: field(9), minor: field(10) },
    nameSize: field(11),
  };
}
