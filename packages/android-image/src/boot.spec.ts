import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBoot } from './boot.js';
import { MemorySource } from './byte-source.js';

const page = (size: number, ...parts: readonly (Buffer | string)[]): Buffer[] =>
  parts.map((part) => {
    const bytes = Buffer.from(part);
    return Buffer.concat([bytes, Buffer.alloc((size - (bytes.length % size)) % size)]);
  });

function put(size: number, fields: readonly (readonly [number, number | string])[]): Buffer {
  const header = Buffer.alloc(size);
  for (const [at, value] of fields) {
    if (typeof value === 'string') header.write(value, at, 'latin1');
    else header.writeUInt32LE(value, at);
  }
  return header;
}

// 11.0.0, patch level 2021-03
const OS = (11 << 25) | (21 << 4) | 3;
const v0 = (version: number): Buffer =>
  Buffer.concat(
    page(
      2048,
      put(1660, [
        [0, 'ANDROID!'],
        [8, 6],
        [16, 7],
        [36, 2048],
        [40, version],
        [44, OS],
        [64, 'console=ttyS0 '],
        [608, 'more=1'],
      ]),
      'kernel',
      'ramdisk',
    ),
  );
const v3 = (version: number, kernel: string): Buffer =>
  Buffer.concat(
    page(
      4096,
      put(1584, [
        [0, 'ANDROID!'],
        [8, kernel.length],
        [12, 7],
        [16, OS],
        [20, 1580],
        [40, version],
        [44, 'quiet'],
      ]),
      ...(kernel === '' ? [] : [kernel]),
      'ramdisk',
    ),
  );
const vendor = (
  version: number,
  entries: readonly (readonly [number, number, number, string])[] = [],
): Buffer => {
  const table = Buffer.concat(
    entries.map(([size, offset, type, name]) =>
      put(108, [
        [0, size],
        [4, offset],
        [8, type],
        [12, name],
      ]),
    ),
  );
  return Buffer.concat(
    page(
      2048,
      put(version === 3 ? 2112 : 2128, [
        [0, 'VNDRBOOT'],
        [8, version],
        [12, 2048],
        [24, 10],
        [28, 'androidboot.hardware=x'],
        [2100, 3],
        ...(version === 3
          ? []
          : ([
              [2112, table.length],
              [2116, entries.length],
              [2120, 108],
              [2124, 16],
            ] as const)),
      ]),
      'firstothers',
      'dtb',
      ...(version === 3 ? [] : [table, 'androidboot.a=b\n']),
    ),
  );
};

const seen = async (bytes: Buffer): Promise<object> => {
  const { ramdisks, ...image } = await readBoot(new MemorySource(bytes));
  const parts = ramdisks.map(async ({ source, ...rest }) => ({
    ...rest,
    bytes: Buffer.from(await source.read(0, source.size)).toString(),
  }));
  return { ...image, ramdisks: await Promise.all(parts) };
};

describe('a boot image', () => {
  const generic = [{ name: '', type: 'generic', bytes: 'ramdisk' }];
  const os = { osVersion: '11.0.0', patchLevel: '2021-03' };

  it.each([0, 1, 2])('of version %i', async (version) => {
    expect(await seen(v0(version))).toEqual({
      kind: 'boot',
      version,
      pageSize: 2048,
      kernelSize: 6,
      ramdisks: generic,
      cmdline: 'console=ttyS0 more=1',
      bootconfig: '',
      ...os,
    });
  });

  it('of any page size and any lengths gives its ramdisk, wherever that begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(2048, 4096, 8192, 16_384),
        fc.uint8Array({ maxLength: 20_000 }),
        fc.uint8Array({ minLength: 1, maxLength: 20_000 }),
        fc.uint8Array({ maxLength: 5_000 }),
        async (size, kernel, ramdisk, second) => {
          const header = put(1660, [
            [0, 'ANDROID!'],
            [8, kernel.length],
            [16, ramdisk.length],
            [24, second.length],
            [36, size],
            [40, 0],
          ]);
          const parts = [header, kernel, ramdisk, second]
            .filter(({ length }) => length > 0)
            .map((part) => Buffer.from(part));
          const { ramdisks } = await readBoot(new MemorySource(Buffer.concat(page(size, ...parts))));
          expect(ramdisks.map(({ type }) => type)).toEqual(['generic']);
          const { source } = ramdisks[0]!;
          expect(Buffer.from(await source.read(0, source.size))).toEqual(Buffer.from(ramdisk));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('of the time before versions, with a device tree’s size in its place', async () => {
    expect(await seen(v0(438_272))).toMatchObject({ version: 0, ramdisks: generic });
  });

  it.each([
    [3, 'kernel'],
    [4, 'kernel'],
    [4, ''], // init_boot
  ])('of version %i with kernel "%s"', async (version, kernel) => {
    expect(await seen(v3(version, kernel))).toEqual({
      kind: 'boot',
      version,
      pageSize: 4096,
      kernelSize: kernel.length,
      ramdisks: generic,
      cmdline: 'quiet',
      bootconfig: '',
      ...os,
    });
  });

  it('for the vendor, version 3', async () => {
    expect(await seen(vendor(3))).toEqual({
      kind: 'vendor-boot',
      version: 3,
      pageSize: 2048,
      kernelSize: 0,
      ramdisks: [{ name: '', type: 'none', bytes: 'firstother' }],
      cmdline: 'androidboot.hardware=x',
      bootconfig: '',
    });
  });

  it('for the vendor, version 4, with its table and bootconfig', async () => {
    const bytes = vendor(4, [
      [5, 0, 1, ''],
      [5, 5, 3, 'dlkm'],
    ]);
    expect(await seen(bytes)).toMatchObject({
      version: 4,
      ramdisks: [
        { name: '', type: 'platform', bytes: 'first' },
        { name: 'dlkm', type: 'dlkm', bytes: 'other' },
      ],
      bootconfig: 'androidboot.a=b\n',
    });
  });

  const changed = (bytes: Buffer, at: number, value: number): Buffer => {
    bytes.writeUInt32LE(value, at);
    return bytes;
  };
  it.each([
    ['no magic', Buffer.alloc(4096), 'no boot magic'],
    ['nothing', Buffer.alloc(0), 'no boot magic'],
    ['a header cut off', v0(0).subarray(0, 40), 'a field reaches outside'],
    ['a page size of 3', changed(v0(0), 36, 3), 'page size 3'],
    ['a ramdisk behind the end', changed(v0(0), 16, 5000), 'the ramdisk (5000 bytes) ends behind'],
    ['a kernel behind the end', changed(v3(4, ''), 8, 2 ** 31), 'the kernel (2147483648 bytes) ends behind'],
    ['vendor_boot 5', changed(vendor(4), 8, 5), 'vendor_boot version 5'],
    [
      'overlapping vendor ramdisks',
      vendor(4, [
        [5, 0, 1, ''],
        [5, 4, 1, ''],
      ]),
      'overlaps',
    ],
    ['a vendor ramdisk outside', vendor(4, [[11, 0, 1, '']]), 'lies outside'],
    [
      'more ramdisks than the table holds',
      changed(vendor(4, [[1, 0, 1, '']]), 2116, 2),
      '2 vendor ramdisks in a table',
    ],
    ['ramdisk entries too short', changed(vendor(4, [[1, 0, 1, '']]), 2120, 4), 'entries of 4 bytes'],
  ])('with %s is refused', async (_title, bytes, message) => {
    await expect(readBoot(new MemorySource(bytes))).rejects.toThrow(message);
  });
});
