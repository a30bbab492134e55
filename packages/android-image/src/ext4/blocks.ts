import { type ByteSource, CHUNK, readExactly } from '../byte-source.js';
import { ImageError } from '../errors.js';
import { Fields } from '../fields.js';
import type { Inode } from './inode.js';
import type { Superblock } from './superblock.js';

const FORMAT = 'ext4';
const EXTENT_MAGIC = 0xf30a;
/** An extent longer than this is allocated but never written: it reads as zeros. */
const UNWRITTEN = 32768;

/** `count` blocks from file block `logical` on, at `physical`; runs come in order, and what is between is a hole. */
export interface Run {
  readonly logical: number;
  readonly count: number;
  readonly physical: number;
}

/** Where the blocks of a file stand. */
export class BlockMap {
  constructor(
    private readonly source: ByteSource,
    private readonly sb: Superblock,
  ) {}

  /** The bytes of a file of `inode.size` bytes that is not inline. */
  async *content(inode: Inode): AsyncGenerator<Uint8Array> {
    const { blockSize } = this.sb;
    let at = 0;
    for await (const run of this.runs(inode)) {
      const start = run.logical * blockSize;
      const end = Math.min(inode.size, start + run.count * blockSize);
      yield* zeros(Math.min(inode.size, start) - at);
      at = Math.max(at, Math.min(inode.size, start));
      while (at < end) {
        const length = Math.min(CHUNK, end - at);
        yield await readExactly(
          this.source,
          run.physical * blockSize + (at - start),
          length,
          FORMAT,
          'content',
        );
        at += length;
      }
    }
    yield* zeros(inode.size - at);
  }

  async *runs(inode: Inode): AsyncGenerator<Run> {
    const blocks = Math.ceil(inode.size / this.sb.blockSize);
    let next = 0;
    for await (const run of inode.extents ? this.#extents(inode) : this.#pointers(inode, blocks)) {
      if (run.logical >= blocks) return; // preallocated behind the end
      if (run.logical < next) this.#bad(inode, `blocks of inode ${inode.number} overlap`);
      if (run.physical === 0 || run.physical + run.count > this.sb.blocks)
        this.#bad(
          inode,
          `a block of inode ${inode.number} (${run.physical}) lies outside of ${this.sb.blocks}`,
        );
      next = run.logical + run.count;
      yield run;
    }
  }

  async *#extents(inode: Inode): AsyncGenerator<Run> {
    const root = new Fields(inode.block, FORMAT, inode.offset + 40);
    yield* this.#extentNode(inode, root, root.u16(6), 0);
  }

  async *#extentNode(inode: Inode, node: Fields, depth: number, least: number): AsyncGenerator<Run> {
    const count = node.u16(2);
    if (node.u16(0) !== EXTENT_MAGIC || node.u16(6) !== depth || depth > 5 || 12 + 12 * count > node.size)
      this.#bad(inode, `the extent tree of inode ${inode.number} is damaged`);
    // Blocks must rise through the whole tree and no lower node may be empty: so even a tree whose nodes all point to one
    // another ends.
    let next = least;
    for (let i = 0; i < count; i += 1) {
      const at = 12 + 12 * i;
      const logical = node.u32(at);
      if (logical < next) this.#bad(inode, `extents of inode ${inode.number} overlap`);
      if (depth === 0) {
        const length = node.u16(at + 4);
        if (length === 0) this.#bad(inode, `an extent of inode ${inode.number} is empty`);
        const blocks = length > UNWRITTEN ? length - UNWRITTEN : length;
        next = logical + blocks;
        const physical = node.u32(at + 8) + node.u16(at + 6) * 2 ** 32;
        if (length <= UNWRITTEN) yield { logical, count: blocks, physical };
        continue;
      }
      const block = node.u32(at + 4) + node.u16(at + 8) * 2 ** 32;
      const child = await this.#block(inode, block);
      if (child.u16(2) === 0) this.#bad(inode, `a node of the extent tree of inode ${inode.number} is empty`);
      yield* this.#extentNode(inode, child, depth - 1, logical);
      next = logical + 1;
    }
  }

  /** The block map of ext2 and ext3: 12 pointers, then blocks of pointers one, two and three levels deep. */
  async *#pointers(inode: Inode, blocks: number): AsyncGenerator<Run> {
    const root = new Fields(inode.block, FORMAT, inode.offset + 40);
    const perBlock = this.sb.blockSize / 4;
    let logical = 0;
    for (let i = 0; i < 15 && logical < blocks; i += 1) {
      const depth = Math.max(0, i - 11);
      const pointer = root.u32(4 * i);
      if (pointer !== 0) yield* this.#pointerTree(inode, pointer, depth, logical, blocks);
      logical += perBlock ** depth;
    }
  }

  async *#pointerTree(
    inode: Inode,
    pointer: number,
    depth: number,
    start: number,
    blocks: number,
  ): AsyncGenerator<Run> {
    if (depth === 0) {
      yield { logical: start, count: 1, physical: pointer };
      return;
    }
    const node = await this.#block(inode, pointer);
    const span = (this.sb.blockSize / 4) ** (depth - 1);
    for (let at = 0, logical = start; at < node.size && logical < blocks; logical += span) {
      const first = node.u32(at);
      at += 4;
      if (first === 0) continue;
      if (depth > 1) {
        yield* this.#pointerTree(inode, first, depth - 1, logical, blocks);
        continue;
      }
      let count = 1;
      for (; at < node.size && node.u32(at) === first + count; at += 4) count += 1;
      yield { logical, count, physical: first };
      logical += count - 1;
    }
  }

  async #block(inode: Inode, block: number): Promise<Fields> {
    const { blockSize, blocks } = this.sb;
    if (block === 0 || block >= blocks) this.#bad(inode, `inode ${inode.number} maps through block ${block}`);
    const offset = block * blockSize;
    return new Fields(
      await readExactly(this.source, offset, blockSize, FORMAT, 'a block map'),
      FORMAT,
      offset,
    );
  }

  #bad(inode: Inode, what: string): never {
    throw new ImageError('malformed', FORMAT, what, { offset: inode.offset });
  }
}

const ZEROS = new Uint8Array(CHUNK);

/** A hole's bytes. */
export function* zeros(count: number): Generator<Uint8Array> {
  for (let left = count; left > 0; left -= CHUNK) yield left < CHUNK ? new Uint8Array(left) : ZEROS;
}
