import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { MemorySource } from './byte-source.js';
import { detect, type ImageKind } from './detect.js';

const at = (offset: number, bytes: string): Buffer => {
  const image = Buffer.alloc(12288);
  image.write(bytes, offset, 'latin1');
  return image;
};

it.each<[ImageKind | undefined, Buffer]>([
  ['squashfs', at(0, 'hsqs')],
  ['ext4', at(1080, '\x53\xef')],
  ['erofs', at(1024, '\xe2\xe1\xf5\xe0')],
  ['sparse', at(0, '\x3a\xff\x26\xed')],
  ['super', at(4096, '\x67\x44\x6c\x61')],
  ['super', at(8192, '\x67\x44\x6c\x61')], // the first geometry is damaged
  ['boot', at(0, 'ANDROID!')],
  ['vendor-boot', at(0, 'VNDRBOOT')],
  ['cpio', at(0, '070701')],
  ['tar', at(257, 'ustar  \0')],
  ['gzip', gzipSync('x')],
  ['lz4-legacy', at(0, '\x02\x21\x4c\x18')],
  ['zip', at(0, 'PK\x03\x04')],
  [undefined, at(0, 'anything else')],
  [undefined, Buffer.alloc(0)],
])('%s is known by its magic', async (kind, bytes) => {
  expect(await detect(new MemorySource(bytes))).toBe(kind);
});
