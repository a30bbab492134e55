import { describe, expect, it } from 'vitest';
import { readSuperblock } from './squashfs.js';

/** First 48 bytes of what mksquashfs 4.5.1 -comp zstd wrote, the rest of the superblock zero. */
function superblock(): Uint8Array {
  const bytes = new Uint8Array(96);
  bytes.set([0x68, 0x73, 0x71, 0x73], 0); // 'hsqs'
  bytes.set([0x2c, 0x01, 0, 0], 4); // 300 inodes
  bytes.set([0, 0, 2, 0], 12); // block size 131072
  bytes.set([6, 0], 20); // zstd
  bytes.set([17, 0], 22); // block log
  bytes.set([4, 0, 0, 0], 28); // version 4.0
  bytes.set([0, 0x10, 0, 0, 0, 0, 0, 0], 40); // 4096 bytes used
  return bytes;
}

const withBytes = (offset: number, ...bytes: number[]): Uint8Array => {
  const block = superblock();
  block.set(bytes, offset);
  return block;
};
const text = (value: string): Uint8Array => {
  const bytes = new Uint8Array(96);
  bytes.set(Array.from(value, (char) => char.charCodeAt(0)));
  return bytes;
};

describe('a squashfs superblock', () => {
  it('is read', () => {
    expect(readSuperblock(superblock(), 4096)).toEqual({
      superblock: { inodes: 300, bytesUsed: 4096, compression: 'zstd' },
    });
  });

  it.each<[Uint8Array, number, string]>([
    [superblock(), 4095, 'truncated'],
    [new Uint8Array(10), 10, 'only 10 bytes'],
    [withBytes(28, 3, 0, 1, 0), 4096, 'version 3.1'],
    [withBytes(20, 9, 0), 4096, 'unknown compression'],
    [withBytes(22, 16, 0), 4096, 'damaged'],
    [withBytes(40, 1, 0), 4096, 'damaged'],
    [text('\x1f\x8b\x08'), 4096, 'gzip'],
    [text('ANDROID!'), 4096, 'boot image'],
    [text('PK\x03\x04'), 4096, 'zip'],
    [text('sqsh'), 4096, 'big-endian'],
    [withBytes(0, 0x3a, 0xff, 0x26, 0xed), 4096, 'simg2img'],
    [text('hello'), 4096, 'begins with 68 65 6c 6c'],
  ])('names what is wrong (%#)', (bytes, size, words) => {
    expect(readSuperblock(bytes, size)).toMatchObject({ problem: expect.stringContaining(words) as string });
  });
});
