import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCpio } from './cpio.js';
import { listing } from './listing.js';
import { collect } from './byte-source.js';

const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

interface Member {
  readonly name: string;
  readonly mode?: number;
  readonly body?: string;
  readonly inode?: number;
  readonly links?: number;
  readonly uid?: number;
  readonly device?: readonly [number, number];
}

function member({
  name,
  mode = 0o100644,
  body = '',
  inode = 1,
  links = 1,
  uid = 0,
  device = [0, 0],
}: Member): Buffer {
  const data = Buffer.from(body);
  const fields = [
    inode,
    mode,
    uid,
    2000,
    links,
    1_230_768_000,
    data.length,
    8,
    1,
    ...device,
    name.length + 1,
    0,
  ];
  const header = `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([pad(Buffer.from(`${header}${name}\0`)), pad(data)]);
}
const archive = (...members: readonly Member[]): Buffer =>
  Buffer.concat([...members, { name: 'TRAILER!!!' }].map((one) => member(one)));

async function* pieces(bytes: Uint8Array, length = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function contents(bytes: Uint8Array, chunk?: number): Promise<string[]> {
  const list: string[] = [];
  for await (const entry of readCpio(pieces(bytes, chunk))) {
    const link = entry.linkTarget === undefined ? '' : ` → ${entry.linkTarget}`;
    const body = Buffer.from(await collect(entry.content(), 1e6)).toString();
    list.push(`${entry.type} ${entry.path}${link}${body === '' ? '' : ` "${body}"`}`);
  }
  return list;
}

describe('cpio', () => {
  it('reads the bytes of a newc archive', async () => {
    const bytes = Buffer.concat([
      Buffer.from(
        '070701' +
          '00000007' + // inode
          '000081e8' + // 0o100750
          '000003e8' + // uid 1000
          '000007d0' + // gid 2000
          '00000001' +
          '495c0780' + // 2009-01-01
          '00000003' +
          '00000000000000000000000000000000' +
          '00000005' +
          '00000000' +
          'init\0\0',
      ),
      Buffer.from('#!\n\0'),
      archive(),
      Buffer.alloc(100),
    ]);
    expect(await listing(readCpio(pieces(bytes)))).toEqual([
      {
        path: 'init',
        type: 'file',
        mode: 0o750,
        uid: 1000,
        gid: 2000,
        mtime: 1_230_768_000,
        size: 3,
        xattrs: new Map(),
        sha256: '26a66825c1fc56bd2ed71a51d320cd8be68af137ff91b978b66695af5666f560',
      },
    ]);
  });

  it('knows every type', async () => {
    const bytes = archive(
      { name: '.', mode: 0o40755 },
      { name: 'dev', mode: 0o40755 },
      { name: 'dev/null', mode: 0o20666, device: [1, 3] },
      { name: 'dev/loop0', mode: 0o60660, device: [7, 0] },
      { name: 'pipe', mode: 0o10600 },
      { name: 'left', mode: 0o140777 }, // a socket: left out
      { name: 'etc', mode: 0o120777, body: '/system/etc' },
      { name: './a//b', body: 'text' },
    );
    expect(await contents(bytes, 7)).toEqual([
      'directory .',
      'directory dev',
      'char dev/null',
      'block dev/loop0',
      'fifo pipe',
      'symlink etc → /system/etc',
      'file a/b "text"',
    ]);
  });

  it('ties hard links together wherever the content stands', async () => {
    const link = { inode: 5, links: 3 };
    expect(
      await contents(
        archive(
          { name: 'a', ...link },
          { name: 'other', inode: 5, links: 1, body: 'own' }, // mkbootfs numbers all alike but says one link
          { name: 'b', ...link },
          { name: 'c', ...link, body: 'shared' },
          { name: 'd', ...link, body: 'shared' },
        ),
      ),
    ).toEqual(['file other "own"', 'file c "shared"', 'hardlink a → c', 'hardlink b → c', 'hardlink d → c']);
    expect(await contents(archive({ name: 'a', ...link }, { name: 'b', ...link }))).toEqual([
      'file a',
      'hardlink b → a',
    ]);
  });

  it('goes on with the next archive, and does not link across', async () => {
    const one = archive({ name: 'a', inode: 5, links: 2, body: '1' });
    const two = archive({ name: 'a', inode: 5, links: 2, body: '2' });
    expect(await contents(Buffer.concat([one, Buffer.alloc(512), two]))).toEqual([
      'file a "1"',
      'file a "2"',
    ]);
  });

  it('skips what was not read, whatever the chunks', async () => {
    const bodies = fc.array(fc.string({ maxLength: 50 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(bodies, fc.integer({ min: 1, max: 200 }), async (list, chunk) => {
        const bytes = archive(...list.map((body, i) => ({ name: `f${i}`, body })));
        const names: string[] = [];
        for await (const entry of readCpio(pieces(bytes, chunk))) {
          names.push(entry.path);
          for await (const _ of entry.content()) break;
        }
        expect(names).toEqual(list.map((_, i) => `f${i}`));
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['no magic', Buffer.from('0'.repeat(110)), 'no newc header'],
    ['the old format', Buffer.from('070707'.padEnd(110, '0')), 'only newc is read'],
    ['a header that is not hexadecimal', Buffer.from('070701'.padEnd(110, 'x')), 'not hexadecimal'],
    ['no trailer', member({ name: 'a' }), 'ends without its trailer'],
    ['a cut content', member({ name: 'a', body: 'abcdef' }).subarray(0, -3), 'content of a is cut off'],
    ["'..'", archive({ name: 'a/../../b' }), "'..' in it"],
    ['an unknown type', archive({ name: 'a', mode: 0o170644 }), 'of no known type'],
    [
      'a directory with content',
      archive({ name: 'a', mode: 0o40755, body: 'x' }),
      'a directory with 1 bytes',
    ],
    ['a link to nothing', archive({ name: 'a', mode: 0o120777 }), 'a symlink to nothing'],
    ['a NUL in a name', archive({ name: 'a\0b' }), 'holds a NUL'],
  ])('refuses %s', async (_title, bytes, message) => {
    await expect(contents(bytes)).rejects.toThrow(message);
  });
});
