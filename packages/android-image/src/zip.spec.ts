import { crc32, deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSource, collect, MemorySource } from './byte-source.js';
import { readZip } from './zip.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

interface Made {
  readonly name: string;
  readonly content: Buffer;
  readonly stored?: boolean;
}

interface ZipOptions {
  readonly wide?: boolean;
  readonly comment?: string;
  /** Said of each member instead of the truth. */
  readonly over?: { readonly size?: number; readonly sum?: number };
}

const u16 = (...values: readonly number[]): Buffer =>
  Buffer.concat(values.map((value) => Buffer.from([value & 0xff, value >> 8])));
function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
}
function u64(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, index) => bytes.writeBigUInt64LE(BigInt(value), index * 8));
  return bytes;
}

/** A zip as APPNOTE.TXT has it; `wide`: every size and offset in zip64's structures. */
function zip(members: readonly Made[], { wide = false, comment = '', over = {} }: ZipOptions = {}): Buffer {
  const parts: Buffer[] = [];
  const records: Buffer[] = [];
  let at = 0;
  for (const { name, content, stored = false } of members) {
    const packed = stored ? content : deflateRawSync(content);
    const method = stored ? 0 : 8;
    const sum = over.sum ?? crc32(content);
    const size = over.size ?? content.length;
    const local = Buffer.concat([
      u32(0x04034b50),
      u16(45, 8, method, 0, 0x21),
      // As streaming writers leave them: in the data descriptor behind the data.
      u32(0, 0, 0),
      u16(name.length, 0),
      Buffer.from(name),
    ]);
    const extra = wide
      ? Buffer.concat([u16(0x7075, 1, 0).subarray(0, 5), u16(1, 24), u64(size, packed.length, at)])
      : Buffer.alloc(0);
    const all = 0xffff_ffff;
    records.push(
      Buffer.concat([
        u32(0x02014b50),
        u16(45, 45, 8, method, 0, 0x21),
        u32(sum),
        wide ? u32(all, all) : u32(packed.length, size % 2 ** 32),
        u16(name.length, extra.length, 0, 0, 0),
        u32(0, wide ? all : at),
        Buffer.from(name),
        extra,
      ]),
    );
    const whole = Buffer.concat([local, packed, u32(0x08074b50, sum, packed.length, size % 2 ** 32)]);
    parts.push(whole);
    at += whole.length;
  }
  const directory = Buffer.concat(records);
  const end64 = Buffer.concat([
    u32(0x06064b50),
    u64(44),
    u16(45, 45),
    u32(0, 0),
    u64(members.length, members.length, directory.length, at),
    u32(0x07064b50, 0),
    u64(at + directory.length),
    u32(1),
  ]);
  const end = Buffer.concat([
    u32(0x06054b50),
    u16(0, 0),
    wide ? u16(0xffff, 0xffff) : u16(members.length, members.length),
    wide ? u32(0xffff_ffff, 0xffff_ffff) : u32(directory.length, at),
    u16(comment.length),
    Buffer.from(comment),
  ]);
  return Buffer.concat([...parts, directory, ...(wide ? [end64] : []), end]);
}

async function unpack(bytes: Uint8Array | ByteSource, limits = {}): Promise<[string, string][]> {
  const source = 'read' in bytes ? bytes : new MemorySource(bytes);
  const found: [string, string][] = [];
  for (const member of await readZip(source, { limits })) {
    const content = await collect(member.open(), 2 ** 26);
    expect(content.length).toBe(member.size);
    found.push([member.name, Buffer.from(content).toString('latin1')]);
  }
  return found;
}

describe('readZip', () => {
  it('reads what Info-ZIP writes', async () => {
    // printf 'one\n' >a; printf 'two two two two two two\n' >b; TZ=UTC zip -X t.zip a b, of Debian's zip 3.0.
    const bytes = hex(`
      504b0304 0a00 0000 0000 0000 2150 9fa817f8 04000000 04000000 0100 0000 61 6f6e650a
      504b0304 1400 0000 0800 0000 2150 0e2299bb 09000000 18000000 0100 0000 62 2b29cf5728c1c45c00
      504b0102 1e03 0a00 0000 0000 0000 2150 9fa817f8 04000000 04000000 0100 0000 0000 0000 0100 0000a481 00000000 61
      504b0102 1e03 1400 0000 0800 0000 2150 0e2299bb 09000000 18000000 0100 0000 0000 0000 0100 0000a481 23000000 62
      504b0506 0000 0000 0200 0200 5e000000 4b000000 0000`);
    expect(await unpack(bytes)).toEqual([
      ['a', 'one\n'],
      ['b', 'two two two two two two\n'],
    ]);
  });

  it('reads stored and deflated members, in the order of the directory, and no directories', async () => {
    const bytes = zip([
      { name: 'd/', content: Buffer.alloc(0), stored: true },
      { name: 'a', content: Buffer.from('stored'), stored: true },
      { name: 'd/b', content: Buffer.from('deflated '.repeat(100)) },
    ]);
    expect(await unpack(bytes)).toEqual([
      ['a', 'stored'],
      ['d/b', 'deflated '.repeat(100)],
    ]);
    const [a, b] = await readZip(new MemorySource(bytes));
    const where = await a?.stored();
    expect(Buffer.from((await where?.read(0, 99)) ?? []).toString()).toBe('stored');
    expect(await b?.stored()).toBeUndefined();
  });

  it('gives back what was put in, narrow and wide, whatever the comment', async () => {
    const made = fc.array(
      fc.record({
        name: fc.stringMatching(/^[a-z]{1,9}(\/[a-z.]{1,9})?$/),
        content: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
        stored: fc.boolean(),
      }),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(made, fc.boolean(), fc.string({ maxLength: 40 }), async (members, wide, comment) => {
        const plain = Buffer.from(comment, 'utf8').toString('ascii');
        expect(await unpack(zip(members, { wide, comment: plain }))).toEqual(
          members.map(({ name, content }) => [name, content.toString('latin1')]),
        );
      }),
    );
  });

  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /no end/],
    ['a zip that is cut off', zip([{ name: 'a', content: Buffer.from('x') }]).subarray(0, -5), /no end/],
    [
      'a wrong checksum',
      zip([{ name: 'a', content: Buffer.from('x') }], { over: { sum: 1 } }),
      /"a": its checksum/,
    ],
    [
      'a member longer than it says',
      zip([{ name: 'a', content: Buffer.alloc(900) }], { over: { size: 10 } }),
      /longer than the 10 bytes/,
    ],
    [
      'a member shorter than it says',
      zip([{ name: 'a', content: Buffer.alloc(900) }], { over: { size: 1_000 } }),
      /after 900 of 1000/,
    ],
    [
      'a bomb, before it is unpacked',
      zip([{ name: 'a', content: Buffer.alloc(900) }], { wide: true, over: { size: 2 ** 40 } }),
      /a bomb/,
    ],
    [
      'a stored member of two sizes',
      zip([{ name: 'a', content: Buffer.alloc(900), stored: true }], { over: { size: 1_000 } }),
      /of two sizes/,
    ],
  ])('refuses %s', async (_, bytes, words) => {
    await expect(unpack(bytes)).rejects.toThrow(words);
  });

  it.each<[string, (bytes: Buffer, directory: number, end: number) => void, RegExp]>([
    ['an encrypted member', (bytes, directory) => void bytes.writeUInt16LE(1, directory + 8), /encrypted/],
    ['another method', (bytes, directory) => void bytes.writeUInt16LE(12, directory + 10), /method 12/],
    [
      'a member elsewhere',
      (bytes, directory) => void bytes.writeUInt32LE(1, directory + 42),
      /no local header/,
    ],
    ['a member outside', (bytes, directory) => void bytes.writeUInt32LE(2 ** 31, directory + 42), /outside/],
    ['data past the end', (bytes, directory) => void bytes.writeUInt32LE(5_000, directory + 20), /outside/],
    [
      'a directory past the end',
      (bytes, _, end) => void bytes.writeUInt32LE(2 ** 20, end + 12),
      /past its end/,
    ],
    ['more entries than there are', (bytes, _, end) => void bytes.writeUInt16LE(9, end + 10), /cut off/],
    ['several disks', (bytes, _, end) => void bytes.writeUInt16LE(1, end + 4), /several disks/],
  ])('refuses %s', async (_, damage, words) => {
    const bytes = zip([{ name: 'a', content: Buffer.from('content') }]);
    const [end, directory] = [bytes.length - 22, bytes.readUInt32LE(bytes.length - 6)];
    damage(bytes, directory, end);
    await expect(unpack(bytes)).rejects.toThrow(words);
  });

  it('bounds entries, and the bytes of all members together', async () => {
    const bytes = zip(['a', 'b', 'c'].map((name) => ({ name, content: Buffer.alloc(600) })));
    await expect(unpack(bytes, { maxEntries: 2 })).rejects.toThrow(/entries.*limit of 2/);
    await expect(unpack(bytes, { maxBytes: 1_500 })).rejects.toThrow(/limit of 1500/);
  });

  it('reads past 4 GiB where zip64 says so', async () => {
    const bytes = zip([{ name: 'a', content: Buffer.from('far away') }], { wide: true });
    const gap = 5 * 2 ** 30;
    const moved = Buffer.from(bytes);
    // The member's own offset, the directory's, and that of the zip64 end, each moved behind the gap.
    const directory = moved.readBigUInt64LE(moved.length - 22 - 20 - 56 + 48);
    const record = Number(directory) + 46 + 1 + 5 + 4 + 16;
    moved.writeBigUInt64LE(BigInt(gap), record);
    moved.writeBigUInt64LE(directory + BigInt(gap), moved.length - 22 - 20 - 56 + 48);
    moved.writeBigUInt64LE(
      moved.readBigUInt64LE(moved.length - 22 - 20 + 8) + BigInt(gap),
      moved.length - 22 - 20 + 8,
    );
    const source: ByteSource = {
      size: gap + moved.length,
      read: async (offset, length) => {
        if (offset >= gap) return new Uint8Array(moved.subarray(offset - gap, offset - gap + length));
        const front = Buffer.alloc(Math.min(length, gap - offset));
        return new Uint8Array(Buffer.concat([front, moved.subarray(0, length - front.length)]));
      },
    };
    expect(await unpack(source)).toEqual([['a', 'far away']]);
  });
});
