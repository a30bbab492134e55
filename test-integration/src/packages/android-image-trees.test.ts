import { isUtf8 } from 'node:buffer';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readErofs, readExt4 } from '@ancloud/android-image';
import { fuzzSettings } from '@ancloud/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileSource, tool, type Tree, treeOfEntries } from '../harness/image-tree.js';
import { plant } from '../harness/plant-tree.js';
import { randomTree, withoutHoles } from '../harness/random-tree.js';

// Trees that nobody thought of, made into images by Debian's own tools: what is read must be what the kernel said of the folder.
// A failure is shown with the smallest tree that fast-check found for it, and its seed: FUZZ_RUNS=8 FUZZ_SEED=… runs that one again.
const PARAMETERS = {
  ...fuzzSettings(8),
  // Making a failing tree smaller takes hundreds of images: it ends in time to be told.
  interruptAfterTimeLimit: 120_000,
};
const ONE_TIME = 1_230_768_000;
/** What ext4 keeps of a symlink's target, with blocks of 1 KiB. */
const TARGET_IN_A_BLOCK = 1_000;
const PATH_MAX = 4_096;

let work: string;
beforeAll(() => {
  work = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-trees-'));
});
afterAll(() => {
  fs.rmSync(work, { recursive: true, force: true });
});

/** A new folder for one run, taken away after it. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(work, 'run-'));
  try {
    await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function treeOf(file: string, read: typeof readExt4): Promise<Tree> {
  const source = await FileSource.open(file);
  try {
    return await treeOfEntries(read(source));
  } finally {
    await source.close();
  }
}

const ext4Options = fc.record({
  blockSize: fc.constantFrom(1024, 2048, 4096),
  inode: fc.constantFrom('128', '256', '512'),
  features: fc.constantFrom(
    'has_journal,extents',
    '^has_journal,extents,^metadata_csum',
    '^has_journal,^extents,^64bit,^metadata_csum',
    '^has_journal,extents,inline_data',
    '^has_journal,extents,^dir_index,metadata_csum',
  ),
  /** Index trees for directories of several blocks: mke2fs makes none. */
  indexed: fc.boolean(),
});

describe('ext4', () => {
  it('reads any tree', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomTree(TARGET_IN_A_BLOCK),
        ext4Options,
        (tree, { blockSize, inode, features, indexed }) =>
          inFolder(async (folder) => {
            const [root, file] = [path.join(folder, 'tree'), path.join(folder, 'image')];
            fs.mkdirSync(root);
            const inline = features.includes('inline_data');
            // With it mke2fs cuts off what a file has behind its last byte.
            const expected = plant(root, inline ? withoutHoles(tree) : tree);
            // It needs room behind the inode's fixed fields.
            const inodeSize = inline && inode === '128' ? '256' : inode;
            const options = ['-b', String(blockSize), '-I', inodeSize, '-O', features];
            tool('mke2fs', ['-q', '-F', '-t', 'ext4', ...options, '-d', root, file, '64M']);
            if (indexed && spawnSync('e2fsck', ['-fyD', file]).status! > 1)
              throw new Error('e2fsck finds more wrong than directories that could be indexed');
            expect(await treeOf(file, readExt4)).toEqual(expected);
          }),
      ),
      PARAMETERS,
    );
  });
});

const COMPRESSORS =
  /^Available compressors are: (.+)$/m
    .exec(spawnSync('mkfs.erofs', ['--help'], { encoding: 'utf8' }).stderr)?.[1]
    ?.split(', ')
    // LZMA is refused by name.
    .filter((one) => one !== 'lzma') ?? [];

const erofsOptions = fc.record({
  layout: fc.constantFrom([], ['--chunksize=4096'], ['--chunksize=65536'], ['-Eforce-inode-extended']),
  cluster: fc.constantFrom([], ['-C16384'], ['-C65536'], ['-Elegacy-compress']),
  attributes: fc.constantFrom([], ['-x1'], ['-x100']),
  /** Inodes of 32 bytes have no room for a time of their own. */
  compact: fc.boolean(),
});

describe('erofs', () => {
  it.each(['nothing', ...COMPRESSORS])('reads any tree, compressed by %s', async (algorithm) => {
    await fc.assert(
      fc.asyncProperty(
        randomTree(PATH_MAX - 1),
        erofsOptions,
        (tree, { layout, cluster, attributes, compact }) =>
          inFolder(async (folder) => {
            const [root, file] = [path.join(folder, 'tree'), path.join(folder, 'image')];
            fs.mkdirSync(root);
            const expected = plant(root, tree, compact ? ONE_TIME : undefined);
            const how = algorithm === 'nothing' ? layout : [`-z${algorithm}`, ...cluster];
            const times = compact ? [`-T${ONE_TIME}`] : [];
            execFileSync('mkfs.erofs', ['--quiet', ...how, ...attributes, ...times, file, root], {
              stdio: 'pipe',
            });
            expect(await treeOf(file, readErofs)).toEqual(expected);
          }),
      ),
      PARAMETERS,
    );
  });
});

/** Bytes that the kernel takes for a name and that are no text. */
const noText = fc
  .uint8Array({ minLength: 1, maxLength: 200 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0xff : byte))))
  .filter((bytes) => !isUtf8(bytes));

describe('a name that is no UTF-8', () => {
  it.each<[string, typeof readExt4, (root: string, file: string) => void]>([
    ['ext4', readExt4, (root, file) => void tool('mke2fs', ['-q', '-F', '-d', root, file, '8M'])],
    ['erofs', readErofs, (root, file) => void tool('mkfs.erofs', ['--quiet', file, root])],
  ])('is refused in %s, with its bytes', async (format, read, make) => {
    await fc.assert(
      fc.asyncProperty(noText, (name) =>
        inFolder(async (folder) => {
          const [root, file] = [path.join(folder, 'tree'), path.join(folder, 'image')];
          fs.mkdirSync(root);
          fs.writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), '');
          make(root, file);
          const hex = name.subarray(0, 64).toString('hex');
          await expect(treeOf(file, read)).rejects.toThrow(`${format}: a name is not UTF-8: ${hex}`);
        }),
      ),
      PARAMETERS,
    );
  });
});
