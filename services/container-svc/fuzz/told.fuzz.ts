import { Profile } from '@ancloud/contracts/common/v1/common';
import { FUZZ_MS } from '@ancloud/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseBuildProp, traitsOf } from '../src/core/build-prop.js';
import { headerSerial, readPropertyArea } from '../src/core/property-area.js';
import { readTrailer, trailerOf } from '../src/core/snapshot-archive.js';
import { readSuperblock } from '../src/core/squashfs.js';
import { change, damage, damaged, holds, written } from './damage.js';

// What images, archives and phones tell of themselves in a few bytes: each parser answers, whatever they are, and never throws.

function superblock(): Buffer {
  const bytes = Buffer.alloc(96);
  bytes.write('hsqs');
  bytes.writeUInt32LE(300, 4);
  bytes.writeUInt32LE(131_072, 12);
  bytes.writeUInt16LE(6, 20);
  bytes.writeUInt16LE(17, 22);
  bytes.writeUInt16LE(4, 28);
  bytes.writeBigUInt64LE(4_096n, 40);
  return bytes;
}

it(
  'a squashfs’ head',
  () =>
    holds(
      fc.property(damage, fc.oneof(fc.constant(4_096), fc.nat()), (how, fileSize) => {
        const read = readSuperblock(damaged(superblock(), how), fileSize);
        if ('problem' in read) expect(read.problem).not.toBe('');
        else {
          expect(read.superblock.bytesUsed).toBeLessThanOrEqual(fileSize);
          expect(read.superblock.compression).not.toBe('');
        }
      }),
    ),
  FUZZ_MS,
);

const line = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(
      fc.constantFrom(
        'ro.product.cpu.abilist',
        'ro.product.cpu.abi',
        'ro.build.characteristics',
        '__proto__',
        'constructor',
      ),
      fc.string(),
    )
    .map((parts) => parts.join('=')),
);
it(
  'a build.prop',
  () =>
    holds(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n', '\0'), (lines, between) => {
        const properties = parseBuildProp(lines.join(between));
        for (const name of properties.keys()) expect(name).toBe(name.trim());
        const { profile, abi, abis } = traitsOf(properties);
        expect(Profile[profile]).toBeDefined();
        expect(abi).toBe(abis[0] ?? '');
        expect(abis).not.toContain('');
      }),
    ),
  FUZZ_MS,
);

const archived = {
  name: 'kept',
  phoneId: 'ph_1',
  imageId: 'sha256:x',
  profile: Profile.PROFILE_REDROID,
  createdAtMs: 1_790_000_000_000,
  size: 4_096,
  sha256: 'a'.repeat(64),
};
const trailer = trailerOf(archived);
const footer = trailer.subarray(-20);

it(
  'a snapshot’s archive',
  () =>
    holds(
      fc.property(change, damage, fc.boolean(), (how, more, whole) => {
        const text = written(JSON.parse(trailer.subarray(0, -20).toString()), how);
        const end = Buffer.concat([text, footer]);
        end.writeUInt32LE(text.length, text.length);
        const bytes = whole ? end : damaged(end, more);
        const fileSize = archived.size + bytes.length;
        const read = readTrailer(bytes, fileSize);
        if ('problem' in read) expect(read.problem).not.toBe('');
        else {
          const { size, name, createdAtMs, sha256 } = read.snapshot;
          expect(size).toBeLessThanOrEqual(fileSize);
          expect([name, createdAtMs, sha256].map((one) => typeof one)).toEqual([
            'string',
            'number',
            'string',
          ]);
        }
      }),
    ),
  FUZZ_MS,
);

/** Places in an area's data, most of them where an object may stand. */
const place = fc.oneof({ weight: 6, arbitrary: fc.nat(1_023).map((word) => word * 4) }, fc.nat());
/** Serials: of a short value, of a long one, of one that is being written. */
const serial = fc.oneof(fc.constantFrom(0x0500_0000, 0x3201_0000, 1, 0x5b00_0000), fc.nat());
const info = fc.record({ at: place, serial, long: place });
const AREA = 4_096;

// All of it is the phone's to write: properties may lie in each other, one text may be the value of many.
it(
  'a phone’s property area',
  () =>
    holds(
      fc.property(
        fc.array(info, { maxLength: 40, size: 'max' }),
        fc.array(place),
        damage,
        (infos, links, how) => {
          const area = Buffer.alloc(128 + AREA, 'text');
          const write = (at: number, value: number): void => {
            if (at + 4 <= AREA) area.writeUInt32LE(value >>> 0, 128 + at);
          };
          for (const one of infos) {
            write(one.at, one.serial);
            write(one.at + 60, one.long);
          }
          // One node for each, in a row; their other sides lead anywhere.
          infos.forEach(({ at }, index) => {
            const node = 20 + index * 20;
            [4, at, node + 20, links[index] ?? 0, 0].forEach((value, field) =>
              write(node + field * 4, value),
            );
          });
          write(16, 20);
          area.writeUInt32LE(0x504f5250, 8);
          area.writeUInt32LE(0xfc6ed0ab, 12);
          for (const bytes of [area, damaged(area, how)]) {
            headerSerial(bytes);
            const read = readPropertyArea(bytes);
            let text = 0;
            for (const [name, value] of read?.properties ?? []) text += name.length + value.length;
            for (const name of read?.dirty ?? []) text += name.length;
            expect(text).toBeLessThanOrEqual(bytes.length);
          }
        },
      ),
    ),
  FUZZ_MS,
);
