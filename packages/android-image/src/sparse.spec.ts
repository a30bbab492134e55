import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemorySource } from './byte-source.js';
import { openSparse } from './sparse.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

interface Chunk {
  readonly type: number;
  readonly blocks: number;
  readonly body: Uint8Array;
  readonly bytes?: number;
}

function sparse(blockSize: number, blocks: number, chunks: readonly Chunk[], count = chunks.length): Buffer {
  const header = hex('3aff26ed 0100 0000 1c00 0c00 00000000 00000000 00000000 00000000');
  header.writeUInt32LE(blockSize, 12);
  header.writeUInt32LE(blocks, 16);
  header.writeUInt32LE(count, 20);
  const parts = chunks.map(({ type, blocks: size, body, bytes }) => {
    const chunk = Buffer.alloc(12);
    chunk.writeUInt16LE(type, 0);
    chunk.writeUInt32LE(size, 4);
    chunk.writeUInt32LE(bytes ?? 12 + body.length, 8);
    return Buffer.concat([chunk, body]);
  });
  return Buffer.concat([header, ...parts]);
}

const raw = (body: Uint8Array, blocks: number): Chunk => ({ type: 0xcac1, blocks, body });
const fill = (body: Uint8Array, blocks: number): Chunk => ({ type: 0xcac2, blocks, body });
const hole = (blocks: number): Chunk => ({ type: 0xcac3, blocks, body: new Uint8Array(0) });
const crc: Chunk = { type: 0xcac4, blocks: 0, body: new Uint8Array(4) };

describe('a sparse image', () => {
  it('reads raw, fill and don’t-care chunks at any place', async () => {
    // Block size 8: "rawrawra" | 01020304 twice | zeros | "the end!"
    const bytes = hex(`
      3aff26ed 0100 0000 1c00 0c00 08000000 04000000 05000000 00000000
      c1ca 0000 01000000 14000000 7261777261777261
      c2ca 0000 01000000 10000000 01020304
      c4ca 0000 00000000 10000000 deadbeef
      c3ca 0000 01000000 0c000000
      c1ca 0000 01000000 14000000 74686520656e6421`);
    const image = await openSparse(new MemorySource(bytes));
    expect(image.size).toBe(32);
    const whole = Buffer.concat([
      Buffer.from('rawrawra'),
      hex('0102030401020304'),
      Buffer.alloc(8),
      Buffer.from('the end!'),
    ]);
    expect(Buffer.from(await image.read(0, 32))).toEqual(whole);
    expect(Buffer.from(await image.read(6, 5))).toEqual(whole.subarray(6, 11));
    expect(Buffer.from(await image.read(30, 9))).toEqual(whole.subarray(30));
    expect(await image.read(32, 1)).toHaveLength(0);
  });

  it('reads any part of any image as a plain array would', async () => {
    const chunk = fc.oneof(
      fc.uint8Array({ minLength: 12, maxLength: 12 }).map((body) => ({ chunk: raw(body, 3), plain: body })),
      fc.tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(5)).map(([word, blocks]) => ({
        chunk: fill(word, blocks),
        plain: Buffer.concat(Array.from({ length: blocks }, () => word)),
      })),
      fc.nat(5).map((blocks) => ({ chunk: hole(blocks), plain: new Uint8Array(4 * blocks) })),
      fc.constant({ chunk: crc, plain: new Uint8Array(0) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk, { maxLength: 12 }),
        fc.nat(150),
        fc.nat(150),
        async (list, at, length) => {
          const plain = Buffer.concat(list.map((one) => one.plain));
          const image = await openSparse(
            new MemorySource(
              sparse(
                4,
                plain.length / 4,
                list.map((one) => one.chunk),
              ),
            ),
          );
          expect(image.size).toBe(plain.length);
          expect(Buffer.from(await image.read(at, length))).toEqual(plain.subarray(at, at + length));
        },
      ),
      { numRuns: 300 },
    );
  });

  const eight = new Uint8Array(8);
  it.each([
    ['no magic', Buffer.alloc(28), 'no sparse magic'],
    ['a cut header', sparse(8, 0, []).subarray(0, 27), 'the header (28 bytes) lies outside'],
    [
      'another major version',
      Buffer.concat([hex('3aff26ed0200'), sparse(8, 0, []).subarray(6)]),
      'major version 2',
    ],
    ['a block size of 0', sparse(0, 0, []), 'block size 0'],
    ['a block size that is no multiple of 4', sparse(6, 0, []), 'block size 6'],
    ['an unknown chunk', sparse(8, 1, [{ type: 0xcac5, blocks: 1, body: eight }]), 'unknown type 0xcac5'],
    [
      'a raw chunk shorter than its blocks',
      sparse(8, 2, [raw(eight, 2)]),
      '20 bytes in the file where 28 are right',
    ],
    ['a fill chunk of 8 bytes', sparse(8, 1, [fill(eight, 1)]), '20 bytes in the file where 16 are right'],
    ['a chunk behind the file', sparse(8, 1, [{ ...raw(eight, 1) }]).subarray(0, 44), 'ends behind the file'],
    ['more blocks than declared', sparse(8, 1, [hole(2)]), 'ends at block 2; the image has 1'],
    ['fewer blocks than declared', sparse(8, 3, [hole(2)]), 'hold 2 blocks where 3 were said'],
    ['fewer chunks than declared', sparse(8, 2, [hole(1)], 2), 'chunk 1 (12 bytes) lies outside'],
  ])('refuses %s', async (_title, bytes, message) => {
    await expect(openSparse(new MemorySource(bytes))).rejects.toThrow(message);
  });

  it('refuses sizes beyond the limits before anything is allocated', async () => {
    const huge = sparse(2 ** 26, 2 ** 32 - 1, [hole(2 ** 32 - 1)]);
    await expect(openSparse(new MemorySource(huge))).rejects.toThrow('more bytes of content than the limit');
    const chunks = sparse(8, 0, [], 2 ** 31);
    await expect(openSparse(new MemorySource(chunks))).rejects.toThrow('more chunks (2147483648)');
  });
});
