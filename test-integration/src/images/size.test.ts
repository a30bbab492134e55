import fs from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type EntryStream, writeTar } from '@ancloud/android-image';
import type { ImageRecord } from '@ancloud/contracts/state/v1/state';
import { ImportImageRequest } from '@ancloud/contracts/container/v1/container';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { file, ImageHost, readerPeak, run } from './image-host.js';

let images: ImageHost;

beforeAll(async () => {
  images = await ImageHost.start();
});
afterAll(async () => {
  const left = await images?.remove();
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

const MIB = 2 ** 20;

/** Imports, and answers the largest memory that the reader was seen to have had, MiB. */
async function importing(path: string): Promise<{ image: ImageRecord; peak: number }> {
  let image: ImageRecord | undefined;
  let peak = 0;
  for await (const one of images.host.phones.importImage(ImportImageRequest.fromPartial({ path }))) {
    peak = Math.max(peak, readerPeak() ?? 0);
    image = one.image ?? image;
  }
  if (image === undefined) throw new Error('the import ended without an image');
  expect(peak, 'the reader was never seen').toBeGreaterThan(0);
  return { image, peak };
}

describe('what a reader remembers does not grow with the image', () => {
  /** Bytes that do not pack. */
  async function noise(file: string, mib: number): Promise<void> {
    await run('dd', ['if=/dev/urandom', `of=${file}`, 'bs=1M', `count=${mib}`, 'status=none']);
  }

  it.each<[string, (tree: string, file: string, mib: number) => Promise<unknown>]>([
    [
      'a sparse system.img of ext4',
      async (tree, file, mib) => {
        fs.mkdirSync(file);
        await run('mkfs.ext4', ['-q', '-d', tree, `${file}/raw`, `${mib + 64}M`]);
        await run('img2simg', [`${file}/raw`, `${file}/system.img`]);
        fs.rmSync(`${file}/raw`);
      },
    ],
    ['a tar, zstd', (tree, file) => run('tar', ['-C', tree, '--zstd', '-cf', file, '.'])],
  ])('%s', async (_, make) => {
    const peaks: number[] = [];
    for (const mib of [32, 512]) {
      const tree = images.at('grown-tree');
      const at = images.at('grown');
      await run('cp', ['-a', images.tree, tree]);
      await noise(`${tree}/noise`, mib);
      await make(tree, at, mib);
      fs.rmSync(tree, { recursive: true });
      const { image, peak } = await importing(at);
      expect(image.size).toBeGreaterThan(mib * MIB);
      peaks.push(peak);
      await images.host.phones.removeImage({ imageId: image.imageId });
      fs.rmSync(at, { recursive: true });
    }
    const [small = 0, large = 0] = peaks;
    expect(large).toBeLessThan(small + 64);
  });
});

describe('a million files', () => {
  async function* tree(): EntryStream {
    yield file('init', '#!/x');
    yield file('system/build.prop', 'ro.build.characteristics=reference-guest\n');
    for (let i = 0; i < 1_000_000; i++) yield file(`many/${Math.floor(i / 1_000)}/${i % 1_000}`, '');
  }

  it('fit the reader’s memory', { timeout: 600_000 }, async () => {
    const at = images.at('million.tar');
    await pipeline(writeTar(tree()), fs.createWriteStream(at));
    const { image } = await importing(at);
    await images.host.phones.removeImage({ imageId: image.imageId });
    fs.rmSync(at);
    expect(images.store()).toEqual([]);
  });
});
