import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type ByteSource,
  decompress,
  detect,
  openSparse,
  readBoot,
  readCpio,
  readErofs,
  readExt4,
  readTar,
  streamOf,
  writeTar,
} from '@ancloud/android-image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FileSource,
  makeTree,
  noise,
  tool,
  type Tree,
  treeOfEntries,
  treeOfFolder,
} from '../harness/image-tree.js';

// The readers against what Debian's own tools make of one tree: owners, modes, times, attributes, links and content must be
// what the kernel says of the folder the image was made from.
const MINUTES = 120_000;
let work: string;
let tree: string;
let expected: Tree;
let plain: Tree; // without attributes

beforeAll(() => {
  work = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-images-'));
  tree = path.join(work, 'tree');
  fs.mkdirSync(tree);
  makeTree(tree);
  expected = treeOfFolder(tree);
  plain = treeOfFolder(tree, { xattrs: false });
}, MINUTES);
afterAll(() => {
  fs.rmSync(work, { recursive: true, force: true });
});

async function withSource<T>(file: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const source = await FileSource.open(path.join(work, file));
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

function ext4(name: string, ...options: readonly string[]): string {
  tool('mke2fs', ['-q', '-F', '-d', tree, ...options, path.join(work, name), '40M']);
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
        expect(await treeOfEntries(readExt4(source))).toEqual(expected);
      });
    },
    MINUTES,
  );

  it(
    'with hashed directories',
    async () => {
      const file = ext4('hashed.img', '-t', 'ext4', '-b', '1024');
      tool('sh', ['-c', `e2fsck -fyD ${path.join(work, file)} || [ $? -le 2 ]`]);
      await withSource(file, async (source) => {
        expect(await treeOfEntries(readExt4(source))).toEqual(expected);
      });
    },
    MINUTES,
  );

  it(
    'inside an Android sparse image',
    async () => {
      const raw = path.join(work, ext4('raw.img', '-t', 'ext4'));
      tool('img2simg', [raw, path.join(work, 'sparse.img')]);
      await withSource('sparse.img', async (source) => {
        expect(await detect(source)).toBe('sparse');
        const image = await openSparse(source);
        expect(image.size).toBe(fs.statSync(raw).size);
        expect(await treeOfEntries(readExt4(image))).toEqual(expected);
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
      tool('mkfs.erofs', [...options, path.join(work, file), tree]);
      await withSource(file, async (source) => {
        expect(await detect(source)).toBe('erofs');
        expect(await treeOfEntries(readErofs(source))).toEqual(expected);
      });
    },
    MINUTES,
  );

  it(
    'is refused by name with packed tails',
    async () => {
      tool('mkfs.erofs', ['-zlz4hc', '-Eztailpacking', path.join(work, 'tails.erofs'), tree]);
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
        { cwd: tree },
      );
      await withSource('gnu.tar', async (source) => {
        expect(await treeOfEntries(readTar(streamOf(source)))).toEqual(expected);
      });
    },
    MINUTES,
  );

  it(
    'with GNU’s own extensions',
    async () => {
      tool('tar', ['--format=gnu', '-cf', '../gnu-old.tar', '.'], { cwd: tree });
      await withSource('gnu-old.tar', async (source) => {
        expect(await treeOfEntries(readTar(streamOf(source)), { xattrs: false })).toEqual(plain);
      });
    },
    MINUTES,
  );

  it(
    'as ours: GNU tar unpacks the same tree, and so does sqfstar',
    async () => {
      const source = await FileSource.open(path.join(work, ext4('for-tar.img', '-t', 'ext4')));
      const ours = path.join(work, 'ours.tar');
      await pipeline(Readable.from(writeTar(readExt4(source))), fs.createWriteStream(ours));
      await source.close();
      const folder = path.join(work, 'untarred');
      fs.mkdirSync(folder);
      tool('tar', ['--xattrs', '--xattrs-include=*', '--same-owner', '-p', '-xf', ours], { cwd: folder });
      expect(treeOfFolder(folder)).toEqual(expected);

      // GNU tar makes the folders of what it unpacks; sqfstar must find each in the archive.
      const image = path.join(work, 'ours.sqfs');
      tool('sh', ['-c', `sqfstar -quiet -no-progress -root-mode 0755 ${image} < ${ours}`]);
      const unpacked = path.join(work, 'unsquashed');
      tool('unsquashfs', ['-quiet', '-no-progress', '-d', unpacked, image]);
      expect(treeOfFolder(unpacked)).toEqual(expected);
    },
    MINUTES,
  );
});

describe('ramdisks', () => {
  const archive = (): Buffer =>
    tool('cpio', ['-o', '-H', 'newc', '--quiet'], {
      cwd: tree,
      input: tool('find', ['.', '-print'], { cwd: tree }),
    });

  it(
    'of two archives, gzip and lz4, one behind the other',
    async () => {
      fs.writeFileSync(path.join(work, 'ramdisk.cpio'), archive());
      tool('sh', ['-c', 'gzip -9n < ramdisk.cpio > ramdisk.gz; lz4 -lqf -9 ramdisk.cpio ramdisk.lz4'], {
        cwd: work,
      });
      for (const file of ['ramdisk.gz', 'ramdisk.lz4', 'ramdisk.cpio']) {
        await withSource(file, async (source) => {
          expect(
            await treeOfEntries(readCpio(decompress(streamOf(source))), { xattrs: false }),
            file,
          ).toEqual(plain);
        });
      }
      tool('sh', ['-c', 'cat ramdisk.lz4 ramdisk.lz4 > twice.lz4'], { cwd: work });
      await withSource('twice.lz4', async (source) => {
        let roots = 0;
        for await (const entry of readCpio(decompress(streamOf(source)))) roots += entry.path === '.' ? 1 : 0;
        expect(roots).toBe(2);
      });
    },
    MINUTES,
  );

  // Debian 12's mkbootimg knows no version 4: boot.spec.ts has its bytes.
  it.each([0, 1, 2, 3])('in a boot image of version %i, as mkbootimg writes it', async (version) => {
    fs.writeFileSync(path.join(work, 'kernel'), noise(9000));
    fs.writeFileSync(path.join(work, 'r.gz'), noise(5001, 2));
    fs.writeFileSync(path.join(work, 'dtb'), noise(100, 3));
    const dtb = version === 2 ? ['--dtb', 'dtb'] : [];
    tool(
      'mkbootimg',
      [
        '--header_version',
        String(version),
        '--kernel',
        'kernel',
        '--ramdisk',
        'r.gz',
        ...dtb,
        '--os_version',
        '13.0.0',
      ].concat(['--os_patch_level', '2023-05', '--cmdline', 'androidboot.hardware=x', '-o', 'boot.img']),
      { cwd: work },
    );
    await withSource('boot.img', async (source) => {
      const boot = await readBoot(source);
      expect(boot).toMatchObject({ version, kernelSize: 9000, osVersion: '13.0.0', patchLevel: '2023-05' });
      expect(boot.cmdline).toBe('androidboot.hardware=x');
      const [ramdisk] = boot.ramdisks;
      expect(Buffer.from(await ramdisk!.source.read(0, 1e6))).toEqual(noise(5001, 2));
    });
  });

  it('in a vendor_boot image', async () => {
    fs.writeFileSync(path.join(work, 'r.gz'), noise(3000, 4));
    fs.writeFileSync(path.join(work, 'dtb'), noise(100, 3));
    tool(
      'mkbootimg',
      [
        '--header_version',
        '3',
        '--vendor_boot',
        'vendor.img',
        '--vendor_ramdisk',
        'r.gz',
        '--dtb',
        'dtb',
      ].concat(['--vendor_cmdline', 'quiet']),
      { cwd: work },
    );
    await withSource('vendor.img', async (source) => {
      expect(await detect(source)).toBe('vendor-boot');
      const boot = await readBoot(source);
      expect(boot).toMatchObject({ kind: 'vendor-boot', version: 3, cmdline: 'quiet', bootconfig: '' });
      const [ramdisk] = boot.ramdisks;
      expect(Buffer.from(await ramdisk!.source.read(0, 1e6))).toEqual(noise(3000, 4));
    });
  });
});
