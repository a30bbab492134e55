import type { ByteSource, ByteStream } from '../byte-source.js';
import { type Entry, type EntryStream, join, noContent, ROOT } from '../entry.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';
import { Budget, type Limits } from '../limits.js';
import { decodeDevice, fileType } from '../mode.js';
import { decodeName } from '../path.js';
import { BlockMap, zeros } from './blocks.js';
import { type DirectoryEntry, directoryBlock } from './directory.js';
import { type Inode, Inodes } from './inode.js';
import { readSuperblock, type Superblock } from './superblock.js';
import { readXattrs } from './xattrs.js';

const FORMAT = 'ext4';
const ROOT_INODE = 2;
const INLINE_DATA = 'system.data';

/**
 * The tree of an ext2, ext3 or ext4 file system, directories first, in the order of their entries. What no phone needs is
 * left out: sockets, and lost+found while it is empty. Superblock and inode checksums are verified where there are any.
 * Errors: ImageError; file systems with a journal to play back, encrypted files, and features unknown here, by name.
 */
export async function* readExt4(source: ByteSource, limits?: Partial<Limits>): EntryStream {
  const sb = await readSuperblock(source);
  yield* new Walk(source, sb, new Budget(FORMAT, limits)).tree();
}

class Walk {
  readonly #inodes: Inodes;
  readonly #blocks: BlockMap;
  /** Directories on the way or done: one that comes up twice has two parents, or contains itself. */
  readonly #directories = new Set<number>();
  /** First path of each inode that says it has several. */
  readonly #linked = new Map<number, string>();

  constructor(
    private readonly source: ByteSource,
    private readonly sb: Superblock,
    private readonly budget: Budget,
  ) {
    this.#inodes = new Inodes(source, sb);
    this.#blocks = new BlockMap(source, sb);
  }

  async *tree(): EntryStream {
    const waiting: (DirectoryEntry & { parent: string; depth: number })[] = [
      { name: ROOT, inode: ROOT_INODE, parent: ROOT, depth: 0 },
    ];
    // Depth first with a list of its own: a hostile tree costs memory by its entries, which are bounded, never the stack.
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const path = join(next.parent, next.name);
      this.budget.entry({ path });
      this.budget.depth(next.depth, { path });
      this.budget.nameBytes(Buffer.byteLength(path), { path });
      const inode = await this.#inodes.read(next.inode);
      if (inode.links === 0) this.#bad(path, `a name of the deleted inode ${inode.number}`);
      const type = fileType(inode.mode);
      if (type === undefined) this.#bad(path, `inode ${inode.number} has mode 0o${inode.mode.toString(8)}`);
      if (type === 'socket') continue;
      if (type !== 'directory') {
        yield await this.#leaf(path, inode, type);
        continue;
      }
      if (this.#directories.has(inode.number))
        this.#bad(path, `directory inode ${inode.number} comes up twice`);
      this.#directories.add(inode.number);
      const xattrs = await readXattrs(this.source, this.sb, inode, this.budget);
      const children = await this.#children(path, inode, xattrs.get(INLINE_DATA), waiting.length);
      if (path === 'lost+found' && children.length === 0) continue;
      yield { ...header(path, inode, xattrs), type, content: noContent };
      for (const child of children.toReversed())
        waiting.push({ ...child, parent: path, depth: next.depth + 1 });
    }
  }

  async #leaf(
    path: string,
    inode: Inode,
    type: Exclude<Entry['type'], 'directory' | 'hardlink'>,
  ): Promise<Entry> {
    const xattrs = await readXattrs(this.source, this.sb, inode, this.budget);
    const base = header(path, inode, xattrs);
    if (inode.links > 1) {
      const target = this.#linked.get(inode.number);
      if (target !== undefined) return { ...base, type: 'hardlink', linkTarget: target, content: noContent };
      this.#linked.set(inode.number, path);
    }
    const inline = xattrs.get(INLINE_DATA);
    if (type === 'file') {
      this.budget.bytes(inode.size, { path });
      return { ...base, type, size: inode.size, content: () => this.#content(inode, inline) };
    }
    if (type === 'symlink')
      return { ...base, type, linkTarget: await this.#target(path, inode, inline), content: noContent };
    if (type === 'fifo') return { ...base, type, content: noContent };
    const block = new Fields(inode.block, FORMAT, inode.offset);
    const old = block.u32(0) & 0xffff;
    const device = old === 0 ? decodeDevice(block.u32(4)) : { major: old >>> 8, minor: old & 0xff };
    return { ...base, type, device, content: noContent };
  }

  #content(inode: Inode, inline: Uint8Array | undefined): ByteStream {
    return inode.inline ? inlineContent(inode, inline) : this.#blocks.content(inode);
  }

  async #target(path: string, inode: Inode, inline: Uint8Array | undefined): Promise<string> {
    this.budget.nameBytes(inode.size, { path });
    // A short target stands where the block pointers would.
    const fast = !inode.extents && !inode.inline && inode.size < inode.block.length;
    const parts: Uint8Array[] = [];
    if (fast) parts.push(inode.block.subarray(0, inode.size));
    else for await (const bytes of this.#content(inode, inline)) parts.push(bytes);
    const target = decodeName(Buffer.concat(parts), FORMAT, inode.offset);
    if (target === '') this.#bad(path, 'a symlink to nothing');
    return target;
  }

  async #children(
    path: string,
    inode: Inode,
    inline: Uint8Array | undefined,
    waiting: number,
  ): Promise<DirectoryEntry[]> {
    const found: DirectoryEntry[] = [];
    const names = new Set<string>();
    for await (const block of inode.inline
      ? inlineDirectory(inode, inline)
      : this.#directoryBlocks(path, inode)) {
      for (const entry of directoryBlock(block, this.sb.filetype, inode)) {
        if (names.has(entry.name)) this.#bad(join(path, entry.name), 'a directory holds the name twice');
        names.add(entry.name);
        found.push(entry);
        if (found.length + waiting > this.budget.limits.maxEntries)
          throw new ImageError(
            'limit',
            FORMAT,
            `more entries than the limit of ${this.budget.limits.maxEntries}`,
            { path },
          );
      }
    }
    return found;
  }

  async *#directoryBlocks(path: string, inode: Inode): AsyncGenerator<Uint8Array> {
    const { blockSize } = this.sb;
    // A directory has no holes; its blocks count as content, since they are read like it.
    this.budget.bytes(inode.size, { path });
    for await (const run of this.#blocks.runs(inode))
      for (let i = 0; i < run.count && (run.logical + i) * blockSize < inode.size; i += 1)
        yield await this.source.read((run.physical + i) * blockSize, blockSize);
  }

  #bad(path: string, what: string): never {
    throw new ImageError('malformed', FORMAT, what, { path });
  }
}

function header(
  path: string,
  inode: Inode,
  xattrs: ReadonlyMap<string, Uint8Array>,
): Omit<Entry, 'type' | 'content'> {
  const shown = new Map(xattrs);
  shown.delete(INLINE_DATA);
  return {
    path,
    mode: inode.mode & 0o7777,
    uid: inode.uid,
    gid: inode.gid,
    mtime: inode.mtime,
    size: 0,
    xattrs: shown,
  };
}

/**
 * Inline content: 60 bytes in place of the block pointers, the rest as an attribute. What a file is longer is a hole, as the kernel reads it
 * (fs/ext4/inline.c, ext4_readpage_inline) and mke2fs makes it of a file that ends with one.
 */
async function* inlineContent(
  inode: Inode,
  rest: Uint8Array = new Uint8Array(0),
): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.concat([inode.block, rest]).subarray(0, inode.size);
  if (bytes.length > 0) yield bytes;
  yield* zeros(inode.size - bytes.length);
}

/** An inline directory: the parent's number, then entries; then more entries as an attribute. */
function* inlineDirectory(inode: Inode, rest: Uint8Array | undefined): Generator<Uint8Array> {
  yield inode.block.subarray(4);
  if (rest !== undefined && rest.length > 0) yield rest;
}
