import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from './byte-source.js';
import { decompress } from './decompress.js';
import type { Limits } from './limits.js';
import { decodeLz4Block } from './lz4.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

async function* pieces(bytes: Uint8Array, length = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
const out = async (bytes: Uint8Array, chunk?: number, limits?: Partial<Limits>): Promise<string> =>
  Buffer.from(await collect(decompress(pieces(bytes, chunk), limits), 2 ** 26)).toString('latin1');

/** A block of literals only, which every decoder must read: token, length bytes, the bytes. */
function literals(data: Uint8Array): Buffer {
  const head = [Math.min(15, data.length) << 4];
  if (data.length >= 15) {
    let left = data.length - 15;
    for (; left >= 255; left -= 255) head.push(255);
    head.push(left);
  }
  return Buffer.concat([Buffer.from(head), data]);
}
const sized = (block: Buffer): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  return Buffer.concat([size, block]);
};
const frame = (...blocks: readonly Buffer[]): Buffer =>
  Buffer.concat([hex('02214c18'), ...blocks.map(sized)]);

describe('an lz4 block', () => {
  it.each([
    // literals "abc", match 3 back for 4+2, last literals "xyzxy"
    ['32 616263 0300 50 78797a7879', 'abcabcabcxyzxy'],
    // an overlapping match of 1 back and a long length: 'a', then 19 + 1 more
    ['1f 61 0100 01 50 6262626262', `a${'a'.repeat(20)}bbbbb`],
    ['00', ''],
  ])('%s is "%s"', (block, expected) => {
    const buffer = new Uint8Array(100);
    const written = decodeLz4Block(hex(block), buffer);
    expect(Buffer.from(buffer.subarray(0, written)).toString()).toBe(expected);
  });

  it('stops when the room is full, if a part is wanted', () => {
    const buffer = new Uint8Array(7);
    expect(decodeLz4Block(hex('32 616263 0300 50 78797a7879'), buffer, true)).toBe(7);
    expect(Buffer.from(buffer).toString()).toBe('abcabca');
  });

  it.each([
    ['', 'an empty block'],
    ['50 6162', 'literals run out'],
    ['f0 ff', 'a length runs out'],
    ['10 61 01', 'an offset is cut off'],
    ['10 61 0000', '0 bytes back'],
    ['10 61 0200', '2 bytes back, behind 1'],
    ['1f 61 0100 ff ff 00', 'more than 100 bytes'],
    ['10 61 0100', 'has no end'],
  ])('%s is refused: %s', (block, message) =>
    expect(() => decodeLz4Block(hex(block), new Uint8Array(100))).toThrow(message),
  );
});

interface Packed {
  readonly data: Uint8Array;
  readonly packed: Buffer;
}

describe('a compressed stream', () => {
  it('takes parts of any kind, with zeros between, in any chunks', async () => {
    const gzip: fc.Arbitrary<Packed> = fc
      .uint8Array({ maxLength: 300 })
      .map((data) => ({ data, packed: gzipSync(data) as Buffer }));
    const lz4: fc.Arbitrary<Packed> = fc
      .array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 3 })
      .map((list) => ({ data: Buffer.concat(list), packed: frame(...list.map(literals)) }));
    const padded = (part: fc.Arbitrary<Packed>): fc.Arbitrary<[Packed, number][]> =>
      fc.array(fc.tuple(part, fc.nat(9)), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        padded(gzip),
        padded(lz4),
        fc.integer({ min: 1, max: 400 }),
        async (first, then, chunk) => {
          const list = [...first, ...then];
          const packed = Buffer.concat(list.flatMap(([one, zeros]) => [one.packed, Buffer.alloc(4 * zeros)]));
          const plain = Buffer.concat(list.map(([one]) => one.data));
          expect(await out(packed, chunk)).toBe(plain.toString('latin1'));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives out what is not compressed as it is', async () => {
    expect(await out(Buffer.from('070701 and so on'), 3)).toBe('070701 and so on');
    expect(await out(Buffer.alloc(0))).toBe('');
  });

  it('reads a gzip header with name, comment, extra field and header checksum', async () => {
    const plain = gzipSync('hello');
    const header = hex('1f8b08 1e 00000000 0003 0200 4142 6e00 6300 0000');
    expect(await out(Buffer.concat([header, plain.subarray(10)]), 1)).toBe('hello');
  });

  const packed = gzipSync('some text');
  const spoiled = (at: number): Buffer => {
    const bytes = Buffer.from(packed);
    bytes[at] = bytes[at]! ^ 0x55;
    return bytes;
  };
  it.each([
    ['a wrong checksum', spoiled(packed.length - 8), 'the checksum is wrong'],
    ['a wrong length', spoiled(packed.length - 4), 'the length is wrong'],
    ['a method other than deflate', spoiled(2), 'no gzip header'],
    ['deflate data cut off', packed.subarray(0, 14), 'unexpected end of file'],
    [
      'deflate data that is none',
      Buffer.concat([packed.subarray(0, 10), hex('ffffffff')]),
      'invalid block type',
    ],
    ['a cut lz4 block', frame(literals(Buffer.from('abc'))).subarray(0, 10), 'a block is cut off'],
    ['an lz4 block too large', Buffer.concat([frame(), hex('00000070')]), 'at most 8421520 are possible'],
  ])('refuses %s', async (_title, bytes, message) => {
    await expect(out(bytes)).rejects.toThrow(message);
  });

  it('refuses a bomb by its ratio, and by its size', async () => {
    const bomb = gzipSync(Buffer.alloc(32 * 2 ** 20), { level: 9 });
    await expect(out(bomb)).rejects.toThrow('the limit is 100 for each');
    await expect(out(gzipSync(Buffer.alloc(2000)), 10, { maxBytes: 1000 })).rejects.toThrow('limit of 1000');
  });
});
