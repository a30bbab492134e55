import type { ByteSource, ByteStream } from '../byte-source.js';
import { type Entry, type EntryStream, join, noContent, ROOT } from '../entry.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';
import { Budget, type Limits } from '../limits.js';
import { decodeDevice, fileType } from '../mode.js';
import { decodeName, memberName } from '../path.js';
import { decompressed } from './compressed.js';
import { type Inode, readInode, uncompressed } from './inode.js';
import { FORMAT, readSuperblock, type Superblock } from './superblock.js';
import { readXattrs } from './xattrs.js';

const DIRENT = 12;

interface Child {
  readonly name: string;
  readonly nid: number;
}

/**
 * The tree of an erofs image, directories first. Plain, inline, chunked and lz4-compressed content; shared and own
 * attributes. Other algorithms, packed tails, fragments, several devices and features unknown here are refused by name;
 * sockets are left out.
 */
export async function* readErofs(source: ByteSource, limits?: Partial<Limits>): EntryStream {
  const sb = await readSuperblock(source);
  yield* new Walk(source, sb, new Budget(FORMAT, limits)).tree();
}

class Walk {
  /** Directories on the way or done: one that comes up twice has two parents, or contains itself. */
  readonly #directories = new Set<number>();
  /** First path of each inode that says it has several. */
  readonly #linked = new Map<number, string>();

  constructor(
    private readonly source: ByteSource,
    private readonly sb: Superblock,
    private readonly budget: Budget,
  ) {}

  async *tree(): EntryStream {
    const waiting: (Child & { parent: string; depth: number })[] = [
      { name: ROOT, nid: this.sb.rootNid, parent: ROOT, depth: 0 },
    ];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const path = join(next.parent, next.name);
      this.budget.entry({ path });
      this.budget.depth(next.depth, { path });
      this.budget.nameBytes(Buffer.byteLength(path), { path });
      const inode = await readInode(this.source, this.sb, next.nid);
      const type = fileType(inode.mode);
      if (type === undefined) this.#bad(path, `inode ${inode.nid} has mode 0o${inode.mode.toString(8)}`);
      if (type === 'socket') continue;
      const xattrs = await readXattrs(this.source, this.sb, inode, this.budget);
      const base = {
        path,
        mode: inode.mode & 0o7777,
        uid: inode.uid,
        gid: inode.gid,
        mtime: inode.mtime,
        size: 0,
        xattrs,
        content: noContent,
      };
      if (type !== 'directory') {
        yield await this.#leaf(base, inode, type);
        continue;
      }
      if (this.#directories.has(inode.nid)) this.#bad(path, `directory inode ${inode.nid} comes up twice`);
      this.#directories.add(inode.nid);
      yield { ...base, type };
      const children = await this.#children(path, inode, waiting.length);
      for (const child of children.toReversed())
        waiting.push({ ...child, parent: path, depth: next.depth + 1 });
    }
  }

  async #leaf(
    base: Omit<Entry, 'type'>,
    inode: Inode,
    type: Exclude<Entry['type'], 'directory' | 'hardlink'>,
  ): Promise<Entry> {
    const { path } = base;
    if (inode.links > 1) {
      const linkTarget = this.#linked.get(inode.nid);
      if (linkTarget !== undefined) return { ...base, type: 'hardlink', linkTarget };
      this.#linked.set(inode.nid, path);
    }
    if (type === 'file') {
      this.budget.bytes(inode.size, { path });
      return { ...base, type, size: inode.size, content: () => content(this.source, this.sb, inode) };
    }
    if (type === 'symlink') {
      this.budget.nameBytes(inode.size, { path });
      const linkTarget = decodeName(await this.#whole(inode), FORMAT, inode.offset);
      if (linkTarget === '') this.#bad(path, 'a symlink to nothing');
      return { ...base, type, linkTarget };
    }
    return type === 'fifo' ? { ...base, type } : { ...base, type, device: decodeDevice(inode.word) };
  }

  async #whole(inode: Inode): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const bytes of content(this.source, this.sb, inode)) parts.push(bytes);
    return Buffer.concat(parts);
  }

  async #children(path: string, inode: Inode, waiting: number): Promise<Child[]> {
    const { maxEntries } = this.budget.limits;
    // An entry takes 12 bytes and a name of at most 255.
    if (inode.size > maxEntries * (DIRENT + 255))
      throw new ImageError('limit', FORMAT, `more entries than the limit of ${maxEntries}`, { path });
    this.budget.bytes(inode.size, { path });
    const bytes = await this.#whole(inode);
    const found = new Map<string, number>();
    for (let at = 0; at < bytes.length; at += this.sb.blockSize) {
      for (const { name, nid } of entriesOf(bytes.subarray(at, at + this.sb.blockSize), inode)) {
        if (found.has(name)) this.#bad(join(path, name), 'a directory holds the name twice');
        found.set(name, nid);
        if (found.size + waiting > maxEntries)
          throw new ImageError('limit', FORMAT, `more entries than the limit of ${maxEntries}`, { path });
      }
    }
    return [...found].map(([name, nid]) => ({ name, nid }));
  }

  #bad(path: string, what: string): never {
    throw new ImageError('malformed', FORMAT, what, { path });
  }
}

const content = (source: ByteSource, sb: Superblock, inode: Inode): ByteStream =>
  (inode.layout === 'full' || inode.layout === 'compact' ? decompressed : uncompressed)(source, sb, inode);

/** One directory block: entries of 12 bytes, then their names one behind the other; the first name's place counts them. */
function* entriesOf(bytes: Uint8Array, inode: Inode): Generator<Child> {
  const block = new Fields(bytes, FORMAT, inode.offset);
  const first = block.u16(8);
  if (first < DIRENT || first % DIRENT !== 0 || first > block.size)
    throw new ImageError('malformed', FORMAT, `directory inode ${inode.nid} with names at ${first}`, inode);
  for (let at = 0; at < first; at += DIRENT) {
    const [start, last] = [block.u16(at + 8), at + DIRENT === first];
    const end = last ? block.size : block.u16(at + DIRENT + 8);
    if (end < start)
      throw new ImageError(
        'malformed',
        FORMAT,
        `directory inode ${inode.nid} with names back to front`,
        inode,
      );
    let name = block.part(start, end - start);
    // Only the last name of a block may be followed by zeros.
    if (last && name.includes(0)) name = name.subarray(0, name.indexOf(0));
    const text = Buffer.from(name).toString('latin1');
    if (text === '.' || text === '..') continue;
    yield { name: memberName(name, FORMAT, inode.offset), nid: block.u64(at) };
  }
}
