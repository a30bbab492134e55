import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MemorySource } from '../byte-source.js';
import { fixture } from '../fixture.js';
import type { Limits } from '../limits.js';
import { type Listed, listing } from '../listing.js';
import { crc32c } from './crc32c.js';
import { readExt4 } from './read-ext4.js';

const read = async (bytes: Uint8Array, limits?: Partial<Limits>): Promise<Listed[]> =>
  listing(readExt4(new MemorySource(bytes), limits));

const shown = ({ path, type, mode, uid, gid, size, linkTarget, device, xattrs }: Listed): string =>
  [
    type,
    path,
    mode.toString(8),
    `${uid}:${gid}`,
    ...(type === 'file' ? [size] : []),
    ...(linkTarget === undefined ? [] : ['→', linkTarget]),
    ...(device === undefined ? [] : [`${device.major}:${device.minor}`]),
    ...[...xattrs.keys()].filter((name) => name.startsWith('security')),
  ].join(' ');

it('crc32c is Castagnoli’s', () => {
  expect((crc32c(0xffffffff, Buffer.from('123456789')) ^ 0xffffffff) >>> 0).toBe(0xe3069283);
});

describe('ext4', () => {
  it.each(['small.ext4', 'small.ext2'])('%s: every type of entry, links, attributes', async (name) => {
    const list = await read(fixture(name));
    const crowd = list.filter(({ path }) => path.startsWith('crowd/'));
    expect(crowd).toHaveLength(20);
    expect(
      list
        .filter((entry) => !crowd.includes(entry))
        .map(shown)
        .sort(),
    ).toEqual([
      'char null 644 0:0 1:3',
      'directory . 755 0:0',
      'directory bin 755 0:0',
      'directory crowd 755 0:0',
      'directory etc 755 0:0',
      'file bin/again 750 0:2000 3 security.capability',
      'file etc/large 644 0:0 30000',
      'file holes 644 0:0 20003',
      'hardlink bin/init 750 0:2000 → bin/again security.capability',
      `symlink etc/link 777 0:0 → /${'long/'.repeat(20)}`,
      'symlink init 777 0:0 → /bin/init',
    ]);
    expect(list[0]!.path).toBe('.');
    const label = list.find(({ path }) => path === 'etc')!.xattrs.get('trusted.l5')!;
    expect(Buffer.from(label).toString()).toBe('v'.repeat(25));
    expect(list.every(({ path, mtime }) => path === '.' || mtime === 1_230_768_000)).toBe(true);
  });

  // ext2 has no checksums, so a changed byte gets as far as it can.
  const changed = (change: (bytes: Buffer) => void, name = 'small.ext2'): Buffer => {
    const bytes = fixture(name);
    change(bytes);
    return bytes;
  };
  const u32 = (at: number, value: number) => (bytes: Buffer) => void bytes.writeUInt32LE(value, at);
  /** Where the directory entry of a name stands: length and type come before it. */
  const entryOf = (bytes: Buffer, name: string): number => {
    let at = bytes.indexOf(name);
    while (bytes[at - 2] !== name.length || bytes[at - 1]! > 7) at = bytes.indexOf(name, at + 1);
    return at - 8;
  };
  it.each<[string, Buffer, string]>([
    ['no magic', changed(u32(1080, 0)), 'no ext4 magic'],
    ['more blocks than bytes', changed(u32(1028, 9999)), '9999 blocks of 1024 bytes in 229376'],
    ['an impossible block size', changed(u32(1048, 7)), 'a block size of 2^17'],
    ['encryption', changed(u32(1120, 0x10002)), 'not read: encrypt'],
    ['features of the future', changed(u32(1120, 0x80000002)), 'not read: 0x80000000'],
    ['a journal to play back', changed(u32(1120, 0x6)), 'e2fsck -p'],
    ['a wrong checksum of the superblock', changed(u32(1100, 7), 'small.ext4'), 'checksum of the superblock'],
    ['no inodes in a group', changed(u32(1064, 0)), '0 inodes in a group'],
    ['an entry of a free inode', changed((b) => u32(entryOf(b, 'crowd'), 48)(b)), 'deleted inode 48'],
    ['an entry of no inode', changed((b) => u32(entryOf(b, 'crowd'), 4000)(b)), 'inode 4000 where 48 are'],
    ['a directory inside itself', changed((b) => u32(entryOf(b, 'crowd'), 2)(b)), 'inode 2 comes up twice'],
    [
      'a directory with two parents',
      changed((b) => u32(entryOf(b, 'crowd'), b.readUInt32LE(entryOf(b, 'bin')))(b)),
      'comes up twice',
    ],
    [
      'an entry of no length',
      changed((b) => b.writeUInt16LE(0, entryOf(b, 'crowd') + 4)),
      'an entry of 0 bytes',
    ],
    [
      'a name behind its entry',
      changed((b) => b.writeUInt8(255, entryOf(b, 'crowd') + 6)),
      'has an entry of',
    ],
    ["a name with '/'", changed((b) => b.write('cr/wd', entryOf(b, 'crowd') + 8)), 'an impossible name'],
    ['a name twice', changed((b) => b.write('holes', entryOf(b, 'crowd') + 8)), 'holds the name twice'],
    ['nothing', Buffer.alloc(0), 'the superblock (1024 bytes) lies outside'],
  ])('with %s is refused', async (_title, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it('notices a changed inode by its checksum', async () => {
    const bytes = fixture('small.ext4');
    const at = bytes.indexOf(Buffer.from('e8810000', 'hex')); // mode 0o100750, uid 0
    bytes.writeUInt16LE(0o104755, at);
    await expect(read(bytes)).rejects.toThrow(/the checksum of inode \d+ is wrong/);
  });

  it('reads a file of inline data that is longer than it as a hole', async () => {
    const bytes = fixture('small.ext2');
    const inode = bytes.indexOf(Buffer.from('234e0000', 'hex')) - 4; // "holes", 20003 bytes
    bytes.writeUInt32LE(0x1000_0000, inode + 32);
    bytes.fill('inline', inode + 40, inode + 100);
    const hash = createHash('sha256')
      .update('inline'.repeat(10))
      .update(Buffer.alloc(20_003 - 60));
    expect((await read(bytes)).find(({ path }) => path === 'holes')).toMatchObject({
      size: 20_003,
      sha256: hash.digest('hex'),
    });
  });

  it.each<[Partial<Limits>, string]>([
    [{ maxEntries: 10 }, 'more entries than the limit of 10'],
    [{ maxBytes: 20_000 }, 'more bytes of content than the limit of 20000'],
    [{ maxDepth: 1 }, 'more nested directories than the limit of 1'],
    [{ maxNameBytes: 12 }, 'than the limit of 12'],
    [{ maxXattrBytes: 100 }, 'bytes of extended attributes'],
  ])('stops at %o', async (limits, message) => {
    await expect(read(fixture('small.ext2'), limits)).rejects.toThrow(message);
  });
});
