import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ByteSource } from '@ancloud/android-image';
import { afterAll, beforeAll } from 'vitest';
import { FileSource, makeTree, type Tree, treeOfFolder } from '../harness/image-tree.js';

/** When the making of an image, and the reading of it, is given up, ms. */
export const MINUTES = 120_000;

/** What each test of a file has: a folder with all that an Android image may hold, and what the kernel says of it. */
export interface TreeWorld {
  /** Where images are made. */
  readonly work: string;
  readonly tree: string;
  readonly expected: Tree;
  /** Without attributes. */
  readonly plain: Tree;
  /** Reads a file of `work`, and closes it. */
  readonly withSource: <T>(file: string, use: (source: ByteSource) => Promise<T>) => Promise<T>;
}

/** For a whole file: a folder of its own, taken away with it. */
export function withTree(): TreeWorld {
  async function withSource<T>(file: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
    const source = await FileSource.open(path.join(given.work, file));
    try {
      return await use(source);
    } finally {
      await source.close();
    }
  }
  // Filled by the hooks, which run before any test looks.
  const given = { withSource } as { -readonly [K in keyof TreeWorld]: TreeWorld[K] };
  beforeAll(() => {
    given.work = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-images-'));
    given.tree = path.join(given.work, 'tree');
    fs.mkdirSync(given.tree);
    makeTree(given.tree);
    given.expected = treeOfFolder(given.tree);
    given.plain = treeOfFolder(given.tree, { xattrs: false });
  }, MINUTES);
  afterAll(() => {
    fs.rmSync(given.work, { recursive: true, force: true });
  });
  return given;
}
