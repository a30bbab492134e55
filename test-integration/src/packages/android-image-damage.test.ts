import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type ByteSource, ImageError, MemorySource, readErofs, readExt4 } from '@ancloud/android-image';
import { fuzzSettings } from '@ancloud/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTree, tool, type Tree, treeOfEntries } from '../harness/image-tree.js';
import { Watchdog } from '../harness/watchdog.js';

// A good image that was damaged on its way ends in a refusal by name or in a reading, and costs no more than a good one may.
// The fuzz targets of packages/android-image do the same to images of a few KiB; these have all that tools make.
const PARAMETERS = {
  ...fuzzSettings(60),
};
/** What a whole image here has, and some more. */
const LIMITS = { maxEntries: 5_000, maxBytes: 2 ** 27, maxTable: 2 ** 16 } as const;
/** A whole image takes some thousand. */
const READS_MAX = 200_000;
const READ_MAX = 2 ** 20;
/** Resident memory beyond that of reading the whole images, KiB: their bytes, one damaged copy, and what is waiting to be collected. */
const MORE_KIB = 384 * 1024;
const HANG_MS = 120_000;

const images: [name: string, read: typeof readExt4, bytes: Buffer][] = [];
let work: string;
let watchdog: Watchdog;

beforeAll(async () => {
  work = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-damage-'));
  const root = path.join(work, 'tree');
  fs.mkdirSync(root);
  makeTree(root);
  const made = (name: string, read: typeof readExt4, program: string, ...args: string[]): void => {
    const file = path.join(work, name);
    tool(
      program,
      args.map((one) => (one === 'IMAGE' ? file : one)),
    );
    images.push([name, read, fs.readFileSync(file)]);
  };
  const ext4 = ['-q', '-F', '-d', root];
  made('ext4 with checksums', readExt4, 'mke2fs', ...ext4, '-t', 'ext4', 'IMAGE', '24M');
  made(
    'ext4 as Android makes it',
    readExt4,
    'mke2fs',
    ...ext4,
    '-t',
    'ext4',
    '-O',
    '^has_journal,^metadata_csum',
    'IMAGE',
    '24M',
  );
  made('ext4 with block maps', readExt4, 'mke2fs', ...ext4, '-t', 'ext2', '-b', '1024', 'IMAGE', '24M');
  made('erofs', readErofs, 'mkfs.erofs', 'IMAGE', root);
  made('erofs by lz4', readErofs, 'mkfs.erofs', '-zlz4hc', '-C65536', 'IMAGE', root);
  // A reader that needed more than LIMITS for a sound image would make every run a refusal.
  for (const [, read, bytes] of images) await treeOfEntries(read(new MemorySource(bytes), LIMITS));
  watchdog = new Watchdog(HANG_MS);
});
afterAll(() => {
  watchdog?.close();
  fs.rmSync(work, { recursive: true, force: true });
});

/** Counts what is read. A reader that goes round in circles is stopped by its work, which no slow machine makes more. */
function counted(bytes: Buffer): ByteSource {
  const memory = new MemorySource(bytes);
  let reads = 0;
  return {
    size: memory.size,
    read(offset, length) {
      reads += 1;
      if (reads > READS_MAX) throw new Error(`more than ${READS_MAX} reads`);
      if (length > READ_MAX) throw new Error(`${length} bytes in one read`);
      return memory.read(offset, length);
    },
  };
}

/** The tree, or by which words it was refused. */
async function outcome(read: typeof readExt4, bytes: Buffer): Promise<Tree | string> {
  try {
    return await treeOfEntries(read(counted(bytes), LIMITS));
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return error.message;
  }
}

const ALL = [
  'ext4 with checksums',
  'ext4 as Android makes it',
  'ext4 with block maps',
  'erofs',
  'erofs by lz4',
];
const which = fc.nat(ALL.length - 1);
/** Where: half of the time in the first 256 KiB, in which most of the structure stands. */
const place = fc.oneof(fc.nat(2 ** 18), fc.nat());

describe('a damaged image', () => {
  it('that was cut off is refused, or read as far as it goes', async () => {
    const before = process.resourceUsage().maxRSS;
    await fc.assert(
      fc.asyncProperty(which, fc.double({ min: 0, max: 1, noNaN: true }), async (index, share) => {
        const [name, read, bytes] = images[index]!;
        const cut = bytes.subarray(0, Math.floor(bytes.length * share));
        watchdog.busy(`${name}, cut to ${cut.length} bytes`);
        const found = await outcome(read, cut);
        // ext4 says in its first block how long it is.
        if (read === readExt4 && cut.length < bytes.length) expect(found).toEqual(expect.any(String));
      }),
      PARAMETERS,
    );
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(MORE_KIB);
  });

  it('with changed bits is refused by name, or read', async () => {
    const before = process.resourceUsage().maxRSS;
    const hits = fc.array(fc.tuple(place, fc.nat(7)), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(which, hits, async (index, all) => {
        const [name, read, bytes] = images[index]!;
        const damaged = Buffer.from(bytes);
        for (const [at, bit] of all) damaged[at % damaged.length]! ^= 1 << bit;
        watchdog.busy(`${name}, bits changed: ${JSON.stringify(all)}`);
        const found = await outcome(read, damaged);
        if (typeof found === 'string') expect(found).toMatch(/^(ext4|erofs|lz4 block): ./);
      }),
      PARAMETERS,
    );
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(MORE_KIB);
  });
});
