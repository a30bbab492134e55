import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, type Entry, type EntryHeader, ImageError, readTar, writeTar } from './index.js';
import { paxRecord, tarHeader } from './tar-write.js';

const plain: EntryHeader = {
  path: 'system/bin/sh',
  type: 'file',
  mode: 0o755,
  uid: 0,
  gid: 2000,
  mtime: 1_230_768_000,
  size: 0,
  xattrs: new Map(),
};
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

async function* entries(...list: readonly (EntryHeader & { bytes?: Uint8Array })[]): AsyncGenerator<Entry> {
  for (const { bytes, ...header } of list) {
    yield {
      ...header,
      async *content() {
        if (bytes !== undefined && bytes.length > 0) yield bytes;
      },
    };
  }
}

async function* pieces(bytes: Uint8Array, length = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function all(bytes: Uint8Array, chunk?: number): Promise<(EntryHeader & { bytes: Uint8Array })[]> {
  const list: (EntryHeader & { bytes: Uint8Array })[] = [];
  for await (const entry of readTar(pieces(bytes, chunk))) {
    const content = await collect(entry.content(), 1e6);
    const { content: _, ...header } = entry;
    list.push({ ...header, bytes: content });
  }
  return list;
}

const packed = async (...list: readonly (EntryHeader & { bytes?: Uint8Array })[]): Promise<Uint8Array> =>
  collect(writeTar(entries(...list)), 1e7);

describe('a tar header', () => {
  it('has the bytes of POSIX ustar, numeric owners only', () => {
    const block = Buffer.from(tarHeader({ ...plain, size: 5 }));
    expect(block.length).toBe(512);
    const nul = (count: number): string => '\0'.repeat(count);
    expect(block.toString('latin1')).toBe(
      `system/bin/sh${nul(87)}0000755\0` +
        `0000000\0` +
        `0003720\0` +
        `00000000005\0` +
        `11127003600\0` +
        `011675\0 ` +
        `0${nul(100)}ustar\x0000${nul(64)}0000000\x000000000\0${nul(167)}`,
    );
  });

  it.each([
    ['a', 'b', '6 a=b\n'],
    ['path', 'x'.repeat(89), `98 path=${'x'.repeat(89)}\n`], // two digits count themselves
    ['path', 'x'.repeat(91), `101 path=${'x'.repeat(91)}\n`], // a third digit lengthens the record
  ])('a pax record counts its own length: %s', (key, value, expected) =>
    expect(Buffer.from(paxRecord(key, text(value))).toString()).toBe(expected),
  );

  it('says in pax records what ustar fields cannot hold', () => {
    const header = Buffer.from(
      tarHeader({
        ...plain,
        path: `d/${'n'.repeat(120)}`,
        uid: 2_097_152,
        size: 8_589_934_592,
        xattrs: new Map([['security.capability', Uint8Array.of(1, 0, 0, 2, 0, 0xff, 0x0a)]]),
      }),
    );
    expect(header.length).toBe(3 * 512);
    expect(header.subarray(156, 157).toString()).toBe('x');
    const body = header.subarray(512, 1024).toString('latin1');
    expect(body.slice(0, body.indexOf('\0'))).toBe(
      `132 path=d/${'n'.repeat(120)}\n19 size=8589934592\n15 uid=2097152\n44 SCHILY.xattr.security.capability=\x01`,
    );
  });

  it('says a long target in GNU’s record, as it is', () => {
    const target = `/${'t'.repeat(120)}`;
    const header = Buffer.from(tarHeader({ ...plain, type: 'symlink', linkTarget: target }));
    expect(header.length).toBe(3 * 512);
    expect(header.toString('latin1', 156, 157)).toBe('K');
    expect(header.toString('latin1', 512, 512 + 123)).toBe(`${target}\0\0`);
    expect(header.toString('latin1', 1024 + 156, 1024 + 157)).toBe('2');
  });

  it.each([
    [{ uid: -1 }, 'uid is -1'],
    [{ uid: 2 ** 32 }, 'uid is 4294967296'],
    [{ mode: 0o100644 }, 'mode is 33188'],
    [{ device: { major: 2 ** 21, minor: 0 }, type: 'char' as const }, 'device major is 2097152'],
    [{ xattrs: new Map([['a=b', text('')]]) }, 'an attribute named "a=b" cannot be written'],
  ])('refuses %o', (fields, message) => expect(() => tarHeader({ ...plain, ...fields })).toThrow(message));
});

describe('tar', () => {
  const name = fc.stringMatching(/^[a-z0-9ü€ .]{1,60}$/).filter((part) => part !== '.' && part !== '..');
  const header = fc
    .record({
      path: fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/')),
      type: fc.constantFrom('file', 'directory', 'symlink', 'hardlink', 'char', 'block', 'fifo' as const),
      mode: fc.nat(0o7777),
      uid: fc.nat(2 ** 32 - 1),
      gid: fc.nat(2 ** 32 - 1),
      mtime: fc.integer({ min: -(2 ** 31), max: 2 ** 34 }),
      bytes: fc.uint8Array({ maxLength: 1500 }),
      link: fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')),
      device: fc.record({ major: fc.nat(4095), minor: fc.nat(1_048_575) }),
      xattrs: fc
        .dictionary(fc.stringMatching(/^(security|user)\.[a-z]{1,20}$/), fc.uint8Array({ maxLength: 90 }))
        .map((record) => new Map(Object.entries(record))),
    })
    .map(({ bytes, link, device, type, ...rest }) => ({
      ...rest,
      type,
      size: type === 'file' ? bytes.length : 0,
      bytes: type === 'file' ? bytes : new Uint8Array(0),
      ...(type === 'symlink' || type === 'hardlink' ? { linkTarget: link } : {}),
      ...(type === 'char' || type === 'block' ? { device } : {}),
    }));

  it('gives back what was written, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(header, { maxLength: 8 }),
        fc.integer({ min: 1, max: 2000 }),
        async (list, chunk) => {
          expect(await all(await packed(...list), chunk)).toEqual(list);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('goes on behind content that nobody took', async () => {
    const bytes = await packed(
      { ...plain, path: 'a', size: 1000, bytes: new Uint8Array(1000).fill(1) },
      { ...plain, path: 'b', size: 3, bytes: text('abc') },
    );
    const seen: string[] = [];
    for await (const entry of readTar(pieces(bytes, 100))) {
      seen.push(entry.path);
      if (entry.path === 'a') for await (const _ of entry.content()) break;
    }
    expect(seen).toEqual(['a', 'b']);
  });

  it('drops "./", "/" and closing slashes, and knows the root', async () => {
    const raw = (path: string): Buffer => Buffer.from(tarHeader({ ...plain, path, type: 'directory' }));
    const list = await all(Buffer.concat([raw('.'), raw('/etc'), raw('./a//b/.')]));
    expect(list.map((entry) => entry.path)).toEqual(['.', 'etc', 'a/b']);
  });

  it.each([
    ['the content', 512 + 4],
    ['a part of the padding', 512 + 300],
    ['the padding', 1024],
  ])('may end with %s of its last member', async (_, length) => {
    const whole = Buffer.concat([
      Buffer.from(tarHeader({ ...plain, path: 'a', size: 4 })),
      Buffer.alloc(512),
    ]);
    whole.write('text', 512);
    for (const at of [1, 7, 1024]) {
      const seen: string[] = [];
      for await (const entry of readTar(pieces(whole.subarray(0, length), at)))
        for await (const bytes of entry.content()) seen.push(Buffer.from(bytes).toString());
      expect(seen.join('')).toBe('text');
    }
  });

  it('refuses content that is not as long as was said', async () => {
    await expect(packed({ ...plain, size: 4, bytes: text('abc') })).rejects.toThrow('content of 3 bytes');
    await expect(packed({ ...plain, size: 2, bytes: text('abc') })).rejects.toThrow('where 2 were said');
  });

  it('reads GNU long names and base-256 numbers', async () => {
    const long = `deep/${'x'.repeat(150)}`;
    const longHeader = Buffer.from(tarHeader({ ...plain, path: 'L', size: long.length + 1 }));
    longHeader.write('L', 156);
    resum(longHeader);
    const body = Buffer.alloc(512);
    body.write(long);
    const member = Buffer.from(tarHeader({ ...plain, path: 'short' }));
    member.fill(0, 108, 116);
    member.set([0x80, 0, 0, 0, 0x00, 0x98, 0x96, 0x80], 108);
    member.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], 136);
    resum(member);
    const [entry] = await all(Buffer.concat([longHeader, body, member]));
    expect(entry).toMatchObject({ path: long, uid: 10_000_000, mtime: -2 });
  });

  const broken: readonly [
    string,
    (bytes: Buffer) => Uint8Array,
    string,
    Partial<Record<'refusal', string>>,
  ][] = [
    ['a wrong checksum', (b) => (b.fill(0x41, 0, 3), b), 'wrong checksum', { refusal: 'malformed' }],
    ['a cut header', (b) => b.subarray(0, 511), 'a header is cut off: 511 of 512', { refusal: 'malformed' }],
    [
      'cut content',
      (b) => b.subarray(0, 513),
      'content of system/bin/sh is cut off',
      { refusal: 'malformed' },
    ],
    ["'..'", (b) => (b.write('a/../b\0', 0), resum(b)), "'..' in it", { refusal: 'unsafe' }],
    ['a sparse member', (b) => (b.write('S', 156), resum(b)), 'sparse', { refusal: 'unsupported' }],
    ['an unknown type', (b) => (b.write('Q', 156), resum(b)), 'type "Q"', { refusal: 'unsupported' }],
    ['a link with content', (b) => (b.write('1', 156), resum(b)), 'with 3 bytes of content', {}],
    ['a size that is not octal', (b) => (b.write('9', 124), resum(b)), 'not octal', { refusal: 'malformed' }],
  ];
  it.each(broken)('refuses %s', async (_title, spoil, message, fields) => {
    const bytes = Buffer.from(await packed({ ...plain, size: 3, bytes: text('abc') }));
    const failure = await all(spoil(bytes)).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ImageError);
    expect((failure as ImageError).message).toContain(message);
    expect(failure).toMatchObject({ code: 'IMAGE_INVALID', ...fields });
  });

  it('stops at its limits', async () => {
    const bytes = await packed(
      { ...plain, path: 'a/b/c' },
      { ...plain, path: 'd', size: 9, bytes: text('123456789') },
    );
    for (const [limits, message] of [
      [{ maxEntries: 1 }, 'more entries than the limit of 1'],
      [{ maxBytes: 8 }, 'more bytes of content than the limit of 8'],
      [{ maxDepth: 2 }, 'more nested directories than the limit of 2'],
      [{ maxNameBytes: 4 }, 'bytes of a path (5) than the limit of 4'],
    ] as const) {
      const read = async (): Promise<void> => {
        for await (const _ of readTar(pieces(bytes), limits));
      };
      await expect(read()).rejects.toThrow(message);
    }
  });
});

function resum(block: Buffer): Buffer {
  block.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of block.subarray(0, 512)) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0`, 148, 'latin1');
  return block;
}
