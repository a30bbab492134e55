import { createHash } from 'node:crypto';
import { type ByteSource, readExactly } from './byte-source.js';
import { ImageError } from './errors.js';
import { type Extent, openExtents } from './extents.js';
import { Fields } from './fields.js';
import { Budget, type Limits } from './limits.js';

const FORMAT = 'super image';
const SECTOR = 512;
const RESERVED = 4096;
const GEOMETRY = 4096;
const GEOMETRY_MAGIC = 0x616c4467;
const METADATA_MAGIC = 0x414c5030;

export interface LogicalPartition {
  /** As in the metadata, with its slot suffix: "system_a". */
  readonly name: string;
  readonly group: string;
  /** Empty (size 0) for the partitions of a slot that was never filled. */
  readonly source: ByteSource;
}

interface Geometry {
  readonly metadataSize: number;
  readonly slots: number;
}

/**
 * The logical partitions of a super image (AOSP fs_mgr/liblp metadata_format.h, version 10.x), raw, not sparse. `slot`: which
 * copy of the metadata, 0 for _a. The backup is taken where the primary's checksums are wrong. Partitions that lie on more
 * than one block device (retrofitted phones) are refused: one file cannot hold them.
 */
export async function readSuper(
  source: ByteSource,
  options: { readonly slot?: number; readonly limits?: Partial<Limits> } = {},
): Promise<LogicalPartition[]> {
  const budget = new Budget(FORMAT, options.limits);
  const slot = options.slot ?? 0;
  const geometry = await either(
    () => readGeometry(source, RESERVED),
    () => readGeometry(source, RESERVED + GEOMETRY),
  );
  if (!Number.isInteger(slot) || slot < 0 || slot >= geometry.slots)
    throw new ImageError('malformed', FORMAT, `no metadata slot ${slot}; there are ${geometry.slots}`);
  const primary = RESERVED + 2 * GEOMETRY;
  const backup = primary + geometry.slots * geometry.metadataSize;
  return either(
    () => readMetadata(source, primary + slot * geometry.metadataSize, geometry, budget),
    () => readMetadata(source, backup + slot * geometry.metadataSize, geometry, budget),
  );
}

/** The backup copy where the primary is damaged; the primary's error when both are. */
async function either<T>(primary: () => Promise<T>, backup: () => Promise<T>): Promise<T> {
  try {
    return await primary();
  } catch (error) {
    if (!(error instanceof DamagedCopy)) throw error;
    return backup().catch(() => {
      throw error;
    });
  }
}

class DamagedCopy extends ImageError {
  constructor(what: string, offset: number) {
    super('malformed', FORMAT, what, { offset });
  }
}

async function readGeometry(source: ByteSource, at: number): Promise<Geometry> {
  const geometry = new Fields(await readExactly(source, at, GEOMETRY, FORMAT, 'the geometry'), FORMAT, at);
  if (geometry.u32(0) !== GEOMETRY_MAGIC) throw new DamagedCopy('no liblp geometry', at);
  const size = geometry.u32(4);
  if (size < 52 || size > GEOMETRY) throw new DamagedCopy(`a geometry of ${size} bytes`, at);
  verify(geometry.part(0, size), 8, 'the geometry', at);
  const [metadataSize, slots] = [geometry.u32(40), geometry.u32(44)];
  if (
    metadataSize === 0 ||
    metadataSize % SECTOR !== 0 ||
    metadataSize > 2 ** 24 ||
    slots === 0 ||
    slots > 16
  )
    throw new ImageError('malformed', FORMAT, `${slots} metadata slots of ${metadataSize} bytes`, {
      offset: at,
    });
  return { metadataSize, slots };
}

/** sha256 over `bytes` with the 32 bytes at `at`, which hold it, as zeros. */
function verify(bytes: Uint8Array, at: number, what: string, offset: number): void {
  const blank = Buffer.from(bytes);
  blank.fill(0, at, at + 32);
  const digest = createHash('sha256').update(blank).digest();
  if (!digest.equals(bytes.subarray(at, at + 32)))
    throw new DamagedCopy(`the checksum of ${what} is wrong`, offset);
}

async function readMetadata(
  source: ByteSource,
  at: number,
  geometry: Geometry,
  budget: Budget,
): Promise<LogicalPartition[]> {
  const bytes = await readExactly(source, at, geometry.metadataSize, FORMAT, 'the metadata');
  const header = new Fields(bytes, FORMAT, at);
  if (header.u32(0) !== METADATA_MAGIC) throw new DamagedCopy('no liblp metadata', at);
  if (header.u16(4) !== 10)
    throw new ImageError('unsupported', FORMAT, `metadata version ${header.u16(4)}; 10 is known`, {
      offset: at + 4,
    });
  const [headerSize, tablesSize] = [header.u32(8), header.u32(44)];
  if (headerSize < 128 || headerSize + tablesSize > bytes.length)
    throw new DamagedCopy(`metadata of ${headerSize} + ${tablesSize} bytes in ${bytes.length}`, at);
  verify(header.part(0, headerSize), 12, 'the metadata header', at);
  const tables = header.part(headerSize, tablesSize);
  if (!createHash('sha256').update(tables).digest().equals(header.part(48, 32)))
    throw new DamagedCopy('the checksum of the metadata tables is wrong', at);

  const table = (descriptor: number, least: number, name: string): Fields[] => {
    const [offset, count, size] = [
      header.u32(descriptor),
      header.u32(descriptor + 4),
      header.u32(descriptor + 8),
    ];
    budget.table(count, name);
    if (size < least || offset + count * size > tablesSize)
      throw new ImageError(
        'malformed',
        FORMAT,
        `the table of ${name} (${count} of ${size} bytes) lies outside`,
        {
          offset: at + descriptor,
        },
      );
    return Array.from(
      { length: count },
      (_, i) =>
        new Fields(
          tables.subarray(offset + i * size, offset + (i + 1) * size),
          FORMAT,
          at + headerSize + offset,
        ),
    );
  };
  const devices = table(116, 64, 'block devices');
  if (devices.length !== 1)
    throw new ImageError('unsupported', FORMAT, `partitions on ${devices.length} block devices; one is read`);
  const groups = table(104, 48, 'groups').map((group) => group.text(0, 36));
  const extents = table(92, 24, 'extents');
  const first = devices[0]!.u64(0) * SECTOR;
  const taken: { from: number; to: number; name: string }[] = [];
  const partitions = table(80, 52, 'partitions').map((partition): LogicalPartition => {
    const name = partition.text(0, 36);
    const [start, count, group] = [partition.u32(40), partition.u32(44), partition.u32(48)];
    if (name === '' || groups[group] === undefined || start + count > extents.length)
      throw new ImageError(
        'malformed',
        FORMAT,
        `partition ${JSON.stringify(name)} refers outside of the tables`,
      );
    const list = extents.slice(start, start + count).map((extent) => {
      const read = parseExtent(extent, name);
      if (read.offset !== undefined) {
        if (read.offset < first || read.offset + read.size > source.size)
          throw new ImageError(
            'malformed',
            FORMAT,
            `an extent of ${name} lies outside of ${source.size} bytes`,
            {
              offset: read.offset,
            },
          );
        if (read.size > 0) taken.push({ from: read.offset, to: read.offset + read.size, name });
      }
      return read;
    });
    const opened = openExtents(source, list, FORMAT);
    budget.bytes(opened.size);
    return { name, group: groups[group], source: opened };
  });
  taken.sort((a, b) => a.from - b.from);
  for (const [i, extent] of taken.entries()) {
    const before = taken[i - 1];
    if (before !== undefined && before.to > extent.from)
      throw new ImageError('malformed', FORMAT, `extents of ${before.name} and ${extent.name} overlap`, {
        offset: extent.from,
      });
  }
  if (new Set(partitions.map(({ name }) => name)).size !== partitions.length)
    throw new ImageError('malformed', FORMAT, 'two partitions of the same name');
  return partitions;
}

function parseExtent(extent: Fields, partition: string): Extent {
  const size = extent.u64(0) * SECTOR;
  const type = extent.u32(8);
  if (type === 1) return { size };
  if (type !== 0)
    throw new ImageError(
      'unsupported',
      FORMAT,
      `an extent of type ${type} in ${partition}; linear and zero are read`,
    );
  if (extent.u32(20) !== 0)
    throw new ImageError('malformed', FORMAT, `an extent of ${partition} on block device ${extent.u32(20)}`);
  return { size, offset: extent.u64(12) * SECTOR };
}
