import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemorySource } from './byte-source.js';
import { readSuper } from './liblp.js';

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

interface Extent {
  readonly sectors: number;
  readonly type?: number;
  readonly at?: number;
  readonly device?: number;
}
interface Layout {
  readonly partitions?: readonly (readonly [string, readonly Extent[]])[];
  readonly devices?: number;
  readonly major?: number;
}

function metadata({ partitions = [], devices = 1, major = 10 }: Layout): Buffer {
  const extents = partitions.flatMap(([, list]) => list);
  const rows: Buffer[] = [];
  let start = 0;
  for (const [name, list] of partitions) {
    const row = Buffer.alloc(52);
    row.write(name);
    row.writeUInt32LE(1, 36);
    row.writeUInt32LE(start, 40);
    row.writeUInt32LE(list.length, 44);
    start += list.length;
    rows.push(row);
  }
  for (const { sectors, type = 0, at = 0, device = 0 } of extents) {
    const row = Buffer.alloc(24);
    row.writeBigUInt64LE(BigInt(sectors), 0);
    row.writeUInt32LE(type, 8);
    row.writeBigUInt64LE(BigInt(at), 12);
    row.writeUInt32LE(device, 20);
    rows.push(row);
  }
  const group = Buffer.alloc(48);
  group.write('default');
  rows.push(group);
  for (let i = 0; i < devices; i += 1) {
    const device = Buffer.alloc(64);
    device.writeBigUInt64LE(64n, 0); // the first usable sector
    device.write('super', 24);
    rows.push(device);
  }
  const tables = Buffer.concat(rows);
  const header = Buffer.alloc(128);
  header.writeUInt32LE(0x414c5030, 0);
  header.writeUInt16LE(major, 4);
  header.writeUInt32LE(128, 8);
  header.writeUInt32LE(tables.length, 44);
  sha256(tables).copy(header, 48);
  let offset = 0;
  for (const [i, count, size] of [
    [0, partitions.length, 52],
    [1, extents.length, 24],
    [2, 1, 48],
    [3, devices, 64],
  ] as const) {
    header.writeUInt32LE(offset, 80 + 12 * i);
    header.writeUInt32LE(count, 84 + 12 * i);
    header.writeUInt32LE(size, 88 + 12 * i);
    offset += count * size;
  }
  sha256(header).copy(header, 12);
  return Buffer.concat([header, tables]);
}

/** 4 KiB reserved, geometry twice, two slots of 4 KiB twice, then data from sector 64 on: byte = sector number. */
function image(...slots: readonly Layout[]): Buffer {
  const bytes = Buffer.alloc(96 * 512);
  const geometry = Buffer.alloc(52);
  geometry.writeUInt32LE(0x616c4467, 0);
  geometry.writeUInt32LE(52, 4);
  geometry.writeUInt32LE(4096, 40);
  geometry.writeUInt32LE(2, 44);
  geometry.writeUInt32LE(4096, 48);
  sha256(geometry).copy(geometry, 8);
  geometry.copy(bytes, 4096);
  geometry.copy(bytes, 8192);
  for (const [i, slot] of slots.entries()) {
    metadata(slot).copy(bytes, 12288 + 4096 * i);
    metadata(slot).copy(bytes, 12288 + 8192 + 4096 * i);
  }
  for (let sector = 64; sector < 96; sector += 1) bytes.fill(sector, sector * 512, (sector + 1) * 512);
  return bytes;
}

const A: Layout = {
  partitions: [
    [
      'system_a',
      [
        { sectors: 2, at: 70 },
        { sectors: 1, type: 1 },
        { sectors: 1, at: 64 },
      ],
    ],
    ['system_b', []],
    ['vendor_a', [{ sectors: 1, at: 80 }]],
  ],
};

describe('a super image', () => {
  it('gives its partitions, linear and zero extents in order', async () => {
    const partitions = await readSuper(new MemorySource(image(A)));
    expect(partitions.map(({ name, group, source }) => [name, group, source.size])).toEqual([
      ['system_a', 'default', 2048],
      ['system_b', 'default', 0],
      ['vendor_a', 'default', 512],
    ]);
    const system = Buffer.from(await partitions[0]!.source.read(0, 9999));
    expect([0, 511, 512, 1023, 1024, 1535, 1536, 2047].map((at) => system[at])).toEqual([
      70, 70, 71, 71, 0, 0, 64, 64,
    ]);
    expect(Buffer.from(await partitions[0]!.source.read(1020, 8))).toEqual(
      Buffer.from([71, 71, 71, 71, 0, 0, 0, 0]),
    );
  });

  it('gives of any layout what a plain array would give', async () => {
    const extent = fc.record({
      sectors: fc.integer({ min: 1, max: 3 }),
      zero: fc.boolean(),
      order: fc.nat(),
    });
    const layouts = fc.array(fc.array(extent, { maxLength: 4 }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(layouts, fc.nat(4_000), fc.nat(4_000), async (wished, at, length) => {
        // Where each stands is its own: next to those that come before it by `order`, whichever partition they are of.
        const places = new Map<object, number>();
        let free = 64;
        for (const one of wished.flat().toSorted((a, b) => a.order - b.order)) {
          if (one.zero || free + one.sectors > 96) continue;
          places.set(one, free);
          free += one.sectors;
        }
        const partitions = wished.map((list, index) => {
          const extents = list.map((one) => ({ sectors: one.sectors, place: places.get(one) }));
          return { name: `p${index}`, extents };
        });
        const bytes = image({
          partitions: partitions.map(({ name, extents }) => [
            name,
            extents.map(({ sectors, place }) =>
              place === undefined ? { sectors, type: 1 } : { sectors, at: place },
            ),
          ]),
        });
        const found = await readSuper(new MemorySource(bytes));
        expect(found.map(({ name }) => name)).toEqual(partitions.map(({ name }) => name));
        for (const [index, { extents }] of partitions.entries()) {
          const plain = Buffer.concat(
            extents.map(({ sectors, place }) =>
              place === undefined
                ? Buffer.alloc(512 * sectors)
                : bytes.subarray(512 * place, 512 * (place + sectors)),
            ),
          );
          const { source } = found[index]!;
          expect(source.size).toBe(plain.length);
          expect(Buffer.from(await source.read(at, length))).toEqual(plain.subarray(at, at + length));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('takes the backups where the first copies are damaged', async () => {
    const bytes = image(A);
    bytes[4096 + 20] = 1; // geometry
    bytes[12288 + 200] = 0xff; // tables of slot 0
    expect(await readSuper(new MemorySource(bytes))).toHaveLength(3);
  });

  it('reads the slot that is asked for', async () => {
    const other: Layout = { partitions: [['system_b', [{ sectors: 1, at: 90 }]]] };
    const [system] = await readSuper(new MemorySource(image(A, other)), { slot: 1 });
    expect(system!.name).toBe('system_b');
    await expect(readSuper(new MemorySource(image(A)), { slot: 2 })).rejects.toThrow('no metadata slot 2');
  });

  const one = (...extents: readonly Extent[]): Layout => ({ partitions: [['system', extents]] });
  it.each([
    [
      'overlapping extents of one',
      image(one({ sectors: 2, at: 70 }, { sectors: 1, at: 71 })),
      'system and system overlap',
    ],
    [
      'overlapping extents of two',
      image({
        partitions: [
          ['a', [{ sectors: 9, at: 70 }]],
          ['b', [{ sectors: 1, at: 72 }]],
        ],
      }),
      'a and b overlap',
    ],
    ['an extent in the metadata', image(one({ sectors: 1, at: 63 })), 'an extent of system lies outside'],
    ['an extent behind the end', image(one({ sectors: 2, at: 95 })), 'an extent of system lies outside'],
    ['an extent on another device', image(one({ sectors: 1, at: 70, device: 1 })), 'on block device 1'],
    ['an extent of unknown type', image(one({ sectors: 1, type: 2 })), 'an extent of type 2'],
    ['two block devices', image({ devices: 2 }), 'on 2 block devices'],
    ['another version', image({ major: 11 }), 'metadata version 11'],
    [
      'two partitions of one name',
      image({
        partitions: [
          ['a', []],
          ['a', []],
        ],
      }),
      'of the same name',
    ],
    ['a partition beyond all limits', image(one({ sectors: 2 ** 40, type: 1 })), 'more bytes of content'],
    ['no geometry', Buffer.alloc(96 * 512), 'no liblp geometry'],
    ['nothing', Buffer.alloc(0), 'the geometry (4096 bytes) lies outside'],
  ])('with %s is refused', async (_title, bytes, message) => {
    await expect(readSuper(new MemorySource(bytes))).rejects.toThrow(message);
  });

  it('with both copies damaged tells what is wrong with the first', async () => {
    const bytes = image(A);
    bytes[12288 + 81] = 9;
    bytes[12288 + 8192 + 200] = 9;
    await expect(readSuper(new MemorySource(bytes))).rejects.toThrow(
      'super image: the checksum of the metadata header is wrong (offset 12288)',
    );
  });
});
