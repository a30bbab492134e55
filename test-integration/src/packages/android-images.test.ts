import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { detect, openSparse, readErofs, readExt4, readTar, streamOf, writeTar } from '@ancloud/android-image';
import { describe, expect, it } from 'vitest';
import { FileSource, tool, treeOfEntries, treeOfFolder } from '../harness/image-tree.js';
import { MINUTES, withTree } from './tree-world.js';

// The readers against what Debian's own tools make of one tree: owners, modes, times, attributes, links and content must be
// what the kernel says of the folder the image was made from.
const world = withTree();
const { withSource } = world;

function ext4(name: string, ...options: readonly string[]): string {
  tool('mke2fs', ['-q', '-F', '-d', world.tree, ...options, path.join(world.work, name), '40M']);
  return name;
}

describe('ext4', () => {
  it.each([
    ['as mkfs makes it', ['-t', 'ext4']],
    ['as Android makes it', ['-t', 'ext4', '-O', '^has_journal,^metadata_csum', '-b', '4096', '-I', '256']],
    ['with blocks of 1 KiB', ['-t', 'ext4', '-b', '1024']],
    ['with block maps', ['-t', 'ext2', '-b', '1024', '-I', '256']],
    ['with data and directories inside inodes', ['-t', 'ext4', '-O', 'inline_data']],
    [
      'without 64bit, with meta_bg',
      ['-t', 'ext4', '-b', '1024', '-g', '512', '-O', '^64bit,meta_bg,^resize_inode'],
    ],
    [
      'with 64bit and meta_bg',
      ['-t', 'ext4', '-b', '1024', '-g', '512', '-O', '64bit,meta_bg,^resize_inode'],
    ],
    ['with a checksum seed and case folding', ['-t', 'ext4', '-O', 'metadata_csum_seed,casefold']],
  ])(
    '%s',
    async (title, options) => {
      const file = ext4(`${title.replaceAll(' ', '-')}.img`, ...options);
      await withSource(file, async (source) => {
        expect(await detect(source)).toBe('ext4');
        expect(await treeOfEntries(readExt4(source))).toEqual(world.expected);
      });
    },
    MINUTES,
  );

  it(
    'with hashed directories',
    async () => {
      const file = ext4('hashed.img', '-t', 'ext4', '-b', '1024');
      tool('sh', ['-c', `e2fsck -fyD ${path.join(world.work, file)} || [ $? -le 2 ]`]);
      await withSource(file, async (source) => {
        expect(await treeOfEntries(readExt4(source))).toEqual(world.expected);
      });
    },
    MINUTES,
  );

  it(
    'inside an Android sparse image',
    async () => {
      const raw = path.join(world.work, ext4('raw.img', '-t', 'ext4'));
      tool('img2simg', [raw, path.join(world.work, 'sparse.img')]);
      await withSource('sparse.img', async (source) => {
        expect(await detect(source)).toBe('sparse');
        const image = await openSparse(source);
        expect(image.size).toBe(fs.statSync(raw).size);
        expect(await treeOfEntries(readExt4(image))).toEqual(world.expected);
      });
    },
    MINUTES,
  );

  it(
    'is refused by name when encrypted',
    async () => {
      const file = ext4('encrypted.img', '-t', 'ext4', '-O', 'encrypt');
      await withSource(file, async (source) => {
        await expect(treeOfEntries(readExt4(source))).rejects.toThrow('features that are not read: encrypt');
      });
    },
    MINUTES,
  );
});

describe('erofs', () => {
  it.each([
    ['plain and inline', []],
    ['in chunks', ['--chunksize=4096']],
    ['with every inode extended', ['-Eforce-inode-extended']],
    ['lz4 in single blocks', ['-zlz4hc']],
    ['lz4 in large clusters', ['-zlz4hc', '-C65536']],
    ['lz4 with full indexes', ['-zlz4', '-Elegacy-compress']],
  ])(
    '%s',
    async (title, options) => {
      const file = `${title.replaceAll(' ', '-')}.erofs`;
      tool('mkfs.erofs', [...options, path.join(world.work, file), world.tree]);
      await withSource(file, async (source) => {
        expect(await detect(source)).toBe('erofs');
        expect(await treeOfEntries(readErofs(source))).toEqual(world.expected);
      });
    },
    MINUTES,
  );

  it(
    'is refused by name with packed tails',
    async () => {
      tool('mkfs.erofs', ['-zlz4hc', '-Eztailpacking', path.join(world.work, 'tails.erofs'), world.tree]);
      await withSource('tails.erofs', async (source) => {
        await expect(treeOfEntries(readErofs(source))).rejects.toThrow('not read');
      });
    },
    MINUTES,
  );
});

describe('tar', () => {
  it(
    'as GNU tar writes it',
    async () => {
      tool(
        'tar',
        ['--xattrs', '--xattrs-include=*', '--format=pax', '--sort=name', '-cf', '../gnu.tar', '.'],
        { cwd: world.tree },
      );
      await withSource('gnu.tar', async (source) => {
        expect(await treeOfEntries(readTar(streamOf(source)))).toEqual(world.expected);
      });
    },
    MINUTES,
  );

  it(
    'with GNU’s own extensions',
    async () => {
      tool('tar', ['--format=gnu', '-cf', '../gnu-old.tar', '.'], { cwd: world.tree });
      await withSource('gnu-old.tar', async (source) => {
        expect(await treeOfEntries(readTar(streamOf(source)), { xattrs: false })).toEqual(world.plain);
      });
    },
    MINUTES,
  );

  it(
    'as ours: GNU tar unpacks the same tree, and so does sqfstar',
    async () => {
      const source = await FileSource.open(path.join(world.work, ext4('for-tar.img', '-t', 'ext4')));
      const ours = path.join(world.work, 'ours.tar');
      await pipeline(Readable.from(writeTar(readExt4(source))), fs.createWriteStream(ours));
      await source.close();
      const folder = path.join(world.work, 'untarred');
      fs.mkdirSync(folder);
      tool('tar', ['--xattrs', '--xattrs-include=*', '--same-owner', '-p', '-xf', ours], { cwd: folder });
      expect(treeOfFolder(folder)).toEqual(world.expected);

      // GNU tar makes the folders of what it unpacks; sqfstar must find each in the archive.
      const image = path.join(world.work, 'ours.sqfs');
      tool('sh', ['-c', `sqfstar -quiet -no-progress -root-mode 0755 ${image} < ${ours}`]);
      const unpacked = path.join(world.work, 'unsquashed');
      tool('unsquashfs', ['-quiet', '-no-progress', '-d', unpacked, image]);
      expect(treeOfFolder(unpacked)).toEqual(world.expected);
    },
    MINUTES,
  );
});
