import { describe, expect, it } from 'vitest';
import { MemorySource } from '../byte-source.js';
import { readExt4 } from '../ext4/read-ext4.js';
import { fixture } from '../fixture.js';
import type { Limits } from '../limits.js';
import { type Listed, listing } from '../listing.js';
import { readErofs } from './read-erofs.js';

const read = async (bytes: Uint8Array, limits?: Partial<Limits>): Promise<Listed[]> =>
  listing(readErofs(new MemorySource(bytes), limits));
const byPath = (a: Listed, b: Listed): number => (a.path < b.path ? -1 : 1);

describe('erofs', () => {
  it.each(['plain.erofs', 'lz4.erofs', 'deflate.erofs', 'zstd.erofs'])(
    '%s holds the tree that ext2 holds, made from the same folder',
    async (name) => {
      const kept = (list: readonly Listed[]): object[] =>
        list
          .filter(({ type }) => type !== 'hardlink')
          // mke2fs loses the root's time.
          .map(({ xattrs, ...header }) => ({
            ...header,
            mtime: header.path === '.' ? 0 : header.mtime,
            xattrs: [...xattrs].map(([key, value]) => `${key}=${Buffer.from(value).toString('hex')}`).sort(),
          }))
          .filter(({ path }) => path !== 'bin/again' && path !== 'bin/init'); // whichever comes first is the file
      const [ours, theirs] = [
        await read(fixture(name)),
        await listing(readExt4(new MemorySource(fixture('small.ext2')))),
      ];
      expect(kept(ours.sort(byPath))).toEqual(kept(theirs.sort(byPath)));
      const [again, init] = ['bin/again', 'bin/init'].map((name) => ours.find(({ path }) => path === name)!);
      expect([again!.type, init!.type]).toEqual(['file', 'hardlink']);
      expect([...again!.xattrs.keys()]).toEqual(['security.capability']);
      expect(ours.every(({ mtime }) => mtime === 1_230_768_000)).toBe(true);
    },
  );

  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = fixture('plain.erofs');
    change(bytes);
    return bytes;
  };
  it.each<[string, Buffer, string]>([
    ['no magic', changed((b) => b.writeUInt32LE(0, 1024)), 'no erofs magic'],
    ['fragments', changed((b) => b.writeUInt32LE(0x20, 1104)), 'not read: fragments or dedupe'],
    [
      'files of two algorithms',
      changed((b) => {
        b.writeUInt32LE(0xa, 1104);
        b.writeUInt16LE(0b1011, 1108);
      }),
      'not read: compr_head2 (files compressed by two of lz4, lzma, zstd)',
    ],
    [
      'several devices',
      changed((b) => {
        b.writeUInt32LE(0x8, 1104);
        b.writeUInt16LE(1, 1110);
      }),
      'not read: device_table',
    ],
    ['features of the future', changed((b) => b.writeUInt32LE(0x80000000, 1104)), 'not read: 0x80000000'],
    ['an impossible block size', changed((b) => b.writeUInt8(20, 1036)), 'a block size of 2^20'],
    ['more blocks than bytes', changed((b) => b.writeUInt32LE(9999, 1060)), '9999 blocks of 4096 bytes'],
    ['nothing', Buffer.alloc(0), 'the superblock (128 bytes) lies outside'],
  ])('with %s is refused', async (_title, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it('compressed by lzma is refused, and named', async () => {
    await expect(read(fixture('lzma.erofs'))).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringMatching(/compression with lzma, .*fsck.erofs --extract/) as string,
    });
  });

  // The map header of a file says another algorithm than its clusters have (z_erofs_map_header, h_algorithmtype).
  it.each([
    ['zstd.erofs', 0, 'lz4 block: '],
    ['lz4.erofs', 2, 'is no deflate: '],
    ['deflate.erofs', 3, 'is no zstd: '],
    ['lz4.erofs', 9, 'compression with 9, which is not read'],
  ])('%s that says algorithm %i is refused', async (image, algorithm, message) => {
    const bytes = fixture(image);
    const eights: number[] = [];
    const watched = new MemorySource(bytes);
    await listing(
      readErofs({
        size: watched.size,
        read: (offset, length) => {
          if (length === 8) eights.push(offset);
          return watched.read(offset, length);
        },
      }),
    );
    const [header] = eights;
    expect(header).toBeDefined();
    bytes.writeUInt8(algorithm, (header ?? 0) + 6);
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it.each<[Partial<Limits>, string]>([
    [{ maxEntries: 10 }, 'more entries than the limit of 10'],
    [{ maxBytes: 20_000 }, 'more bytes of content than the limit of 20000'],
    [{ maxDepth: 1 }, 'more nested directories than the limit of 1'],
    [{ maxXattrBytes: 20 }, 'bytes of extended attributes'],
  ])('stops at %o', async (limits, message) => {
    await expect(read(fixture('plain.erofs'), limits)).rejects.toThrow(message);
  });
});
