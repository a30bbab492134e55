import { createHash } from 'node:crypto';
import {
  type ByteSource,
  collect,
  detect,
  MemorySource,
  openSparse,
  readBoot,
  readSuper,
  readZip,
} from '@ancloud/android-image';
import { fuzz, LIMITS } from './harness.js';

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Ends, middle, and a piece across. */
async function sample(source: ByteSource): Promise<void> {
  for (const at of [0, source.size / 2, source.size - 100])
    await source.read(Math.max(0, Math.floor(at)), 4096);
}

const sparse = Buffer.from(
  '3aff26ed010000001c000c0008000000040000000400000000000000' +
    'c1ca0000010000001400000072617772617772' +
    '61c2ca000001000000100000000102030' +
    '4c3ca0000010000000c000000c1ca000001000000140000007468652065' +
    '6e6421',
  'hex',
);
fuzz('sparse', [sparse], async (bytes) => sample(await openSparse(new MemorySource(bytes), LIMITS)));

function boot(magic: string, size: number, words: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.write(magic);
  for (const [at, value] of words) bytes.writeUInt32LE(value, at);
  return bytes;
}
const boots = [
  boot('ANDROID!', 8192, [
    [8, 100],
    [16, 100],
    [36, 2048],
    [40, 2],
  ]),
  boot('ANDROID!', 12288, [
    [8, 100],
    [12, 100],
    [40, 4],
  ]),
  boot('VNDRBOOT', 16384, [
    [8, 4],
    [12, 2048],
    [24, 100],
    [2100, 9],
    [2112, 216],
    [2116, 2],
    [2120, 108],
    [2124, 50],
    [8192, 40],
    [8300, 40],
    [8304, 40],
    [8308, 1],
  ]),
];
fuzz('boot', boots, async (bytes) => {
  await detect(new MemorySource(bytes));
  const { ramdisks } = await readBoot(new MemorySource(bytes));
  for (const { source } of ramdisks) await sample(source);
});

// The metadata of a super image without its checksums, which are made right after the damage.
const geometry = boot('', 52, [
  [0, 0x616c4467],
  [4, 52],
  [40, 4096],
  [44, 1],
  [48, 4096],
]);
const metadata = boot('', 400, [
  [0, 0x414c5030],
  [4, 10],
  [8, 128],
  [44, 240],
  [80, 0],
  [84, 1],
  [88, 52],
  [92, 52],
  [96, 2],
  [100, 24],
  [104, 100],
  [108, 1],
  [112, 48],
  [116, 148],
  [120, 1],
  [124, 64],
  [128, 0x41414141],
  [128 + 44, 2],
  [180, 4],
  [192, 70],
  [204, 4],
  [212, 1],
  [276, 64],
]);
fuzz(
  'super',
  [metadata],
  async (bytes) => {
    const image = Buffer.alloc(96 * 512);
    sha256(geometry).copy(geometry, 8);
    for (const at of [4096, 8192]) geometry.copy(image, at);
    geometry.fill(0, 8, 40);
    bytes.copy(image, 12288, 0, 4096);
    const [headerSize, tablesSize] = [image.readUInt32LE(12296), image.readUInt32LE(12332)];
    if (headerSize < 4096 && tablesSize < 4096) {
      const tables = image.subarray(12288 + headerSize, 12288 + headerSize + tablesSize);
      sha256(tables).copy(image, 12288 + 48);
      image.fill(0, 12300, 12332);
      sha256(image.subarray(12288, 12288 + headerSize)).copy(image, 12300);
    }
    for (const { source } of await readSuper(new MemorySource(image), { limits: LIMITS }))
      await sample(source);
  },
  400,
);

// A stored and a deflated member, by Info-ZIP; and the same with its directory found by zip64's end record.
const narrow = Buffer.from(
  '504b03040a0000000000000021509fa817f8040000000400000001000000616f6e650a' +
    '504b0304140000000800000021500e2299bb090000001800000001000000622b29cf5728c1c45c00' +
    '504b01021e030a0000000000000021509fa817f80400000004000000010000000000000001000000a4810000000061' +
    '504b01021e03140000000800000021500e2299bb0900000018000000010000000000000001000000a4812300000062' +
    '504b050600000000020002005e0000004b0000000000',
  'hex',
);
const wide = Buffer.concat([
  narrow.subarray(0, -22),
  Buffer.from('504b06062c000000000000002d002d000000000000000000', 'hex'),
  Buffer.from('020000000000000002000000000000005e000000000000004b00000000000000', 'hex'),
  Buffer.from('504b060700000000a90000000000000001000000', 'hex'),
  Buffer.from('504b050600000000ffffffffffffffffffffffff0000', 'hex'),
]);
fuzz('zip', [narrow, wide], async (bytes) => {
  for (const member of await readZip(new MemorySource(bytes), { limits: LIMITS })) {
    const where = await member.stored();
    if (where !== undefined) await sample(where);
    await collect(member.open(), LIMITS.maxBytes);
  }
});
