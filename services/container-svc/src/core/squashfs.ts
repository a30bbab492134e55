/** What a squashfs superblock says; null and a reason when it is none or cannot be whole. */
export interface Superblock {
  readonly inodes: number;
  readonly bytesUsed: number;
  /** `gzip`, `lzma`, `lzo`, `xz`, `lz4`, `zstd`. */
  readonly compression: string;
}

export const SUPERBLOCK_SIZE = 96;
const MAGIC = 0x73717368;
const compressions = ['', 'gzip', 'lzma', 'lzo', 'xz', 'lz4', 'zstd'];

/**
 * Checks the first 96 bytes of a file of `fileSize` bytes (kernel fs/squashfs/squashfs_fs.h, struct squashfs_super_block; LE).
 * The mount is the real test; this gives the sentence that tells a person what they have picked instead.
 */
export function readSuperblock(
  bytes: Uint8Array,
  fileSize: number,
): { superblock: Superblock } | { problem: string } {
  if (bytes.length < SUPERBLOCK_SIZE)
    return { problem: `the file has only ${fileSize} bytes: not a squashfs` };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC)
    return { problem: `the file is ${recognise(view, bytes)}, not a squashfs` };
  const major = view.getUint16(28, true);
  const minor = view.getUint16(30, true);
  if (major !== 4 || minor !== 0)
    return { problem: `the squashfs has version ${major}.${minor}; 4.0 is needed` };
  const blockSize = view.getUint32(12, true);
  const blockLog = view.getUint16(22, true);
  if (blockLog < 12 || blockLog > 20 || blockSize !== 2 ** blockLog)
    return { problem: `the squashfs superblock is damaged (block size ${blockSize}, log ${blockLog})` };
  const compression = compressions[view.getUint16(20, true)];
  if (compression === undefined || compression === '')
    return { problem: `the squashfs uses an unknown compression (${view.getUint16(20, true)})` };
  const bytesUsed = Number(view.getBigUint64(40, true));
  if (bytesUsed > fileSize)
    return {
      problem: `the squashfs is truncated: its superblock says ${bytesUsed} bytes, the file has ${fileSize}`,
    };
  if (bytesUsed < SUPERBLOCK_SIZE) return { problem: 'the squashfs superblock is damaged (no content)' };
  return { superblock: { inodes: view.getUint32(4, true), bytesUsed, compression } };
}

/**
 * Names what people bring by mistake: AOSP libsparse/sparse_format.h, mkbootimg/bootimg.h and the formats' own magics.
 * What stands past byte 96 is not looked at.
 */
function recognise(view: DataView, bytes: Uint8Array): string {
  const magic = view.getUint32(0, true);
  const text = String.fromCharCode(...bytes.subarray(0, 8));
  if (magic === 0xed26ff3a) return 'an Android sparse image (unpack it with simg2img)';
  if (text.startsWith('\x1f\x8b')) return 'gzip data';
  if (text.startsWith('PK\x03\x04')) return 'a zip archive';
  if (text.startsWith('ANDROID!')) return 'an Android boot image';
  if (text.startsWith('\x7fELF')) return 'a program';
  if (text.startsWith('\x28\xb5\x2f\xfd')) return 'zstd data';
  if (text.startsWith('sqsh')) return 'a big-endian squashfs';
  return `of an unknown kind (it begins with ${[...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')})`;
}
