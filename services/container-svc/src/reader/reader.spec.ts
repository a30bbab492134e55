import zlib from 'node:zlib';
import { DEFAULT_LIMITS, type Entry, MemorySource, NO_XATTRS } from '@ancloud/android-image';
import { describe, expect, it } from 'vitest';
import { compressionOf, decompressed } from './decompress.js';
import { is32BitX86, TreeFacts } from './facts.js';
import { normalised } from './normalised.js';

const file = (path: string, chunks: readonly Uint8Array[], over: Partial<Entry> = {}): Entry => ({
  path,
  type: 'file',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
  size: chunks.reduce((sum, { length }) => sum + length, 0),
  xattrs: NO_XATTRS,
  async *content() {
    yield* chunks;
  },
  ...over,
});

async function* stream<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const bytesOf = async (parts: AsyncIterable<Uint8Array>): Promise<string> =>
  Buffer.concat(await all(parts)).toString();

describe('decompressed', () => {
  const text = Buffer.from('android '.repeat(1_000));

  it.each<[string, Uint8Array]>([
    ['none', text],
    ['gzip', zlib.gzipSync(text)],
    ['zstd', zlib.zstdCompressSync(text)],
  ])('%s', async (kind, packed) => {
    expect(compressionOf(packed)).toBe(kind);
    expect(await bytesOf(decompressed(new MemorySource(packed)))).toBe(text.toString());
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a cut gzip', zlib.gzipSync(text).subarray(0, 40), /gzip: it does not unpack: unexpected end/],
    ['a bomb', zlib.gzipSync(Buffer.alloc(4_000_000)), /gzip: \d+ bytes unpack to more than \d+: a bomb/],
    ['xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), /unxz/],
    ['bzip2', Buffer.from('BZh91AY'), /bunzip2/],
  ])('refuses %s', async (_, packed, words) => {
    const limits = { ...DEFAULT_LIMITS, maxRatio: 100 };
    await expect(bytesOf(decompressed(new MemorySource(packed), limits))).rejects.toThrow(words);
  });
});

describe('facts', () => {
  /** The first 20 bytes of an ELF file: little-endian, of `type`, for `machine`. */
  const elf = (type: number, machine: number): Uint8Array =>
    Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, type, 0, machine, 0);

  it.each<[string, Uint8Array, boolean]>([
    ['a program for i386', elf(2, 3), true],
    ['a library for i386', elf(3, 3), true],
    ['an object file for i386', elf(1, 3), false],
    ['a program for x86-64', elf(2, 62), false],
    ['text', Buffer.from('#!/system/bin/sh\nexit 0\n'), false],
    ['too little', elf(2, 3).subarray(0, 18), false],
  ])('%s', (_, head, yes) => {
    expect(is32BitX86(head)).toBe(yes);
  });

  it('are gathered while bytes pass unchanged, however they are cut', async () => {
    const facts = new TreeFacts();
    const program = elf(3, 3);
    const entries = [
      file('a', [program.subarray(0, 7), program.subarray(7), Buffer.from('rest')]),
      file('b', [Buffer.from('text that is long enough')]),
    ];
    const seen: string[] = [];
    for await (const entry of facts.watch(stream(...entries))) seen.push(await bytesOf(entry.content()));
    expect(seen).toEqual([`${Buffer.from(program).toString()}rest`, 'text that is long enough']);
    expect(facts).toMatchObject({ entries: 2, bytes: 48, has32BitX86: true });
  });
});

describe('normalised', () => {
  it('moves owners back, and keeps capabilities but nothing that speaks to an overlay', async () => {
    const xattrs = new Map(
      ['security.capability', 'trusted.overlay.opaque', 'user.x', 'system.posix_acl_access'].map((name) => [
        name,
        Uint8Array.of(1),
      ]),
    );
    const [entry] = await all(
      normalised(stream(file('a', [], { uid: 101_000, gid: 100_000, xattrs })), 100_000),
    );
    expect(entry).toMatchObject({ uid: 1_000, gid: 0 });
    expect([...(entry?.xattrs.keys() ?? [])]).toEqual(['security.capability', 'user.x']);
  });

  it('refuses an owner that no phone has', async () => {
    const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const flags = '00040000 00000000 00000000 00000000';
    // Version 3 for the root at 0x10000000, as the kernel writes it in a phone's user namespace; the same as version 2.
    const own = bytes(`01000003 ${flags} 00000010`);
    const plain = bytes(`01000002 ${flags}`);
    const foreign = bytes(`01000003 ${flags} 00002010`);
    const capability = async (value: Buffer, shift: number): Promise<Buffer> => {
      const over = { uid: shift, gid: shift, xattrs: new Map([['security.capability', value]]) };
      const [only] = await all(normalised(stream(file('a', [], over)), shift));
      return Buffer.from(only?.xattrs.get('security.capability') ?? []);
    };
    expect(await capability(own, 0x10000000)).toEqual(plain);
    expect(await capability(foreign, 0x10000000)).toEqual(foreign);
    expect(await capability(plain, 0x10000000)).toEqual(plain);
    expect(await capability(own, 0)).toEqual(own);
    await expect(all(normalised(stream(file('a', [], { uid: 3_000_000 })), 0))).rejects.toThrow(
      /user or group 3000000.*"a"/,
    );
  });
});
