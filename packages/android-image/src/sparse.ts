import { type ByteSource, readExactly } from './byte-source.js';
import { ImageError } from './errors.js';
import { Fields } from './fields.js';
import { Budget, type Limits } from './limits.js';

const MAGIC = 0xed26ff3a;
const RAW = 0xcac1;
const FILL = 0xcac2;
const DONT_CARE = 0xcac3;
const CRC32 = 0xcac4;
const MAX_BLOCK = 64 * 2 ** 20;

/** Bytes [from, to) of the raw image: from the file at `offset`, or `fill` over and over (four bytes, as stored). */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly offset?: number;
  readonly fill?: Uint8Array;
}

/**
 * The raw image inside an Android sparse image (libsparse sparse_format.h, version 1), with random access: one index entry
 * per raw or fill chunk is kept. What is "don't care" reads as zeros. CRC chunks are checked for size only: they cover the
 * whole image from its start, which random access never sees.
 */
export async function openSparse(source: ByteSource, limits?: Partial<Limits>): Promise<ByteSource> {
  const budget = new Budget('sparse image', limits);
  const header = new Fields(await readExactly(source, 0, 28, 'sparse image', 'the header'), 'sparse image');
  if (header.u32(0) !== MAGIC) refuse('no sparse magic', 0);
  if (header.u16(4) !== 1)
    throw new ImageError('unsupported', 'sparse image', `major version ${header.u16(4)}, only 1 is known`);
  const [fileHeader, chunkHeader] = [header.u16(8), header.u16(10)];
  const [blockSize, totalBlocks, totalChunks] = [header.u32(12), header.u32(16), header.u32(20)];
  if (fileHeader < 28 || chunkHeader < 12) refuse(`header sizes ${fileHeader} and ${chunkHeader}`, 8);
  if (blockSize === 0 || blockSize % 4 !== 0 || blockSize > MAX_BLOCK) refuse(`block size ${blockSize}`, 12);
  const size = blockSize * totalBlocks;
  budget.bytes(size);
  budget.table(totalChunks, 'chunks');

  const pieces: Piece[] = [];
  let at = fileHeader;
  let block = 0;
  for (let i = 0; i < totalChunks; i += 1) {
    const chunk = new Fields(
      await readExactly(source, at, 12, 'sparse image', `chunk ${i}`),
      'sparse image',
      at,
    );
    const [type, blocks, bytes] = [chunk.u16(0), chunk.u32(4), chunk.u32(8)];
    const length = blocks * blockSize;
    const body = { [RAW]: length, [FILL]: 4, [DONT_CARE]: 0, [CRC32]: 4 }[type];
    if (body === undefined) refuse(`chunk ${i} of unknown type 0x${type.toString(16)}`, at);
    if (bytes !== chunkHeader + body)
      refuse(`chunk ${i} says ${bytes} bytes in the file where ${chunkHeader + body} are right`, at);
    if (at + bytes > source.size) refuse(`chunk ${i} ends behind the file of ${source.size} bytes`, at);
    const covers = type === CRC32 ? 0 : blocks;
    if (block + covers > totalBlocks)
      refuse(`chunk ${i} ends at block ${block + covers}; the image has ${totalBlocks}`, at);
    const range = { from: block * blockSize, to: (block + covers) * blockSize };
    if (type === RAW && length > 0) pieces.push({ ...range, offset: at + chunkHeader });
    else if (type === FILL && length > 0)
      pieces.push({
        ...range,
        fill: await readExactly(source, at + chunkHeader, 4, 'sparse image', 'a fill'),
      });
    block += covers;
    at += bytes;
  }
  if (block !== totalBlocks) refuse(`the chunks hold ${block} blocks where ${totalBlocks} were said`, at);
  return new SparseSource(source, size, pieces);
}

class SparseSource implements ByteSource {
  constructor(
    private readonly source: ByteSource,
    readonly size: number,
    private readonly pieces: readonly Piece[],
  ) {}

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.size, offset + length);
    const out = new Uint8Array(Math.max(0, end - offset));
    for (let i = this.#firstBehind(offset); i < this.pieces.length; i += 1) {
      const piece = this.pieces[i]!;
      if (piece.from >= end) break;
      const from = Math.max(offset, piece.from);
      const to = Math.min(end, piece.to);
      if (piece.fill !== undefined) {
        // A piece starts at a block, a block at a multiple of four: the pattern's phase is the position's.
        for (let at = from; at < to; at += 1) out[at - offset] = piece.fill[at % 4]!;
      } else {
        const bytes = await readExactly(
          this.source,
          piece.offset! + (from - piece.from),
          to - from,
          'sparse image',
          'a raw chunk',
        );
        out.set(bytes, from - offset);
      }
    }
    return out;
  }

  /** Index of the first piece that ends behind `offset`. */
  #firstBehind(offset: number): number {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.pieces[middle]!.to <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function refuse(what: string, offset: number): never {
  throw new ImageError('malformed', 'sparse image', what, { offset });
}
