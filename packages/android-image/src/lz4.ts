import { ImageError } from './errors.js';
import type { StreamReader } from './stream-reader.js';

/** Magic of the legacy frame (`lz4 -l`), which Linux's and Android's ramdisks use. */
export const LZ4_LEGACY_MAGIC = 0x184c2102;
/** A legacy block decompresses to at most this. */
const BLOCK = 8 * 2 ** 20;
/** LZ4_compressBound(BLOCK). */
const BOUND = BLOCK + Math.floor(BLOCK / 255) + 16;

/**
 * One LZ4 block into `out`; gives the number of bytes written. With `partial`, `out` may be shorter than what the block
 * holds, and decoding stops when it is full. (lz4 block format: sequences of literals and matches, offsets 16-bit LE.)
 */
export function decodeLz4Block(input: Uint8Array, out: Uint8Array, partial = false): number {
  let at = 0;
  let to = 0;
  const longLength = (start: number): number => {
    let length = start;
    for (;;) {
      if (at >= input.length) bad('a length runs out of the block', at);
      const byte = input[at]!;
      at += 1;
      length += byte;
      if (byte !== 255) return length;
    }
  };
  if (input.length === 0) bad('an empty block', 0);
  while (at < input.length) {
    const token = input[at]!;
    at += 1;
    let literals = token >> 4;
    if (literals === 15) literals = longLength(15);
    if (literals > input.length - at) bad('literals run out of the block', at);
    if (literals > out.length - to) {
      if (!partial) bad(`more than ${out.length} bytes come out`, at);
      out.set(input.subarray(at, at + out.length - to), to);
      return out.length;
    }
    out.set(input.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    // Only the last sequence has no match.
    if (at === input.length || (partial && to === out.length)) return to;
    if (input.length - at < 2) bad('an offset is cut off', at);
    const distance = input[at]! | (input[at + 1]! << 8);
    at += 2;
    if (distance === 0 || distance > to) bad(`a match ${distance} bytes back, behind ${to}`, at);
    let length = (token & 15) + 4;
    if (length === 19) length = longLength(19);
    if (length > out.length - to) {
      if (!partial) bad(`more than ${out.length} bytes come out`, at);
      length = out.length - to;
    }
    if (distance >= length) out.copyWithin(to, to - distance, to - distance + length);
    else for (let i = 0; i < length; i += 1) out[to + i] = out[to + i - distance]!;
    to += length;
    if (partial && to === out.length) return to;
  }
  bad('the last sequence has no end', at);
}

/**
 * The blocks of one legacy frame whose magic was taken already. It has no end mark: it ends with the stream, with zeros
 * (four at a time, as the kernel takes them), or where another frame's magic stands in place of a block size; that magic is left in the reader.
 */
export async function* lz4LegacyFrame(reader: StreamReader): AsyncGenerator<Uint8Array> {
  const out = Buffer.allocUnsafeSlow(BLOCK);
  for (;;) {
    const offset = reader.offset;
    const word = await reader.upTo(4);
    if (word.length < 4) {
      if (word.some((byte) => byte !== 0)) throw cut(`a block size is cut off`, offset);
      return;
    }
    const size = (word[0]! | (word[1]! << 8) | (word[2]! << 16) | (word[3]! << 24)) >>> 0;
    // The magic is far larger than a block; gzip's would be a size like any other, so gzip cannot follow.
    if (size === 0 || size > BOUND) {
      if (size !== 0 && size !== LZ4_LEGACY_MAGIC)
        throw cut(`a block of ${size} bytes, at most ${BOUND} are possible`, offset);
      reader.unread(word);
      return;
    }
    const written = decodeLz4Block(await reader.take(size, 'a block'), out);
    // The buffer is written again by the next block: what is given out must be its own.
    yield new Uint8Array(out.subarray(0, written));
  }
}

function bad(what: string, offset: number): never {
  throw new ImageError('malformed', 'lz4 block', what, { offset });
}

const cut = (what: string, offset: number): ImageError =>
  new ImageError('malformed', 'lz4-legacy', what, { offset });
