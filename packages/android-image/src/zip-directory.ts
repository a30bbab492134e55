import { type ByteSource, readExactly, streamOf } from './byte-source.js';
import { ImageError } from './errors.js';
import { Fields } from './fields.js';
import type { Budget } from './limits.js';
import { StreamReader } from './stream-reader.js';

const FORMAT = 'zip';
const END_MAGIC = 0x06054b50;
const END_SIZE = 22;
const END_COMMENT_MAX = 0xffff;
const LOCATOR_MAGIC = 0x07064b50;
const LOCATOR_SIZE = 20;
const END64_MAGIC = 0x06064b50;
const END64_SIZE = 56;
const RECORD_MAGIC = 0x02014b50;
const RECORD_SIZE = 46;
/** In a field of 2 or 4 bytes: the value stands in the zip64 structure. */
const ELSEWHERE_16 = 0xffff;
const ELSEWHERE_32 = 0xffff_ffff;
const ZIP64_EXTRA = 1;

/** Where the central directory lies. */
export interface Directory {
  readonly entries: number;
  readonly offset: number;
  readonly size: number;
}

/** A member as the central directory has it; nothing of it is checked against the member itself. */
export interface ZipRecord {
  readonly name: string;
  readonly encrypted: boolean;
  readonly method: number;
  /** CRC-32. */
  readonly sum: number;
  readonly packedSize: number;
  readonly size: number;
  /** Of its local header. */
  readonly offset: number;
}

/** By the end record, whose comment must reach to the last byte; the first that does, from the end. */
export async function findDirectory(source: ByteSource): Promise<Directory> {
  const length = Math.min(source.size, END_SIZE + END_COMMENT_MAX);
  const base = source.size - length;
  const tail = Buffer.from(await readExactly(source, base, length, FORMAT, 'the end'));
  for (let at = length - END_SIZE; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_MAGIC || at + END_SIZE + tail.readUInt16LE(at + 20) !== length)
      continue;
    const end = new Fields(tail.subarray(at, at + END_SIZE), FORMAT, base + at);
    const found = { entries: end.u16(10), size: end.u32(12), offset: end.u32(16) };
    const wide =
      found.entries === ELSEWHERE_16 || found.size === ELSEWHERE_32 || found.offset === ELSEWHERE_32;
    const directory = wide ? ((await findWide(source, base + at)) ?? found) : found;
    if (end.u16(4) !== 0 && end.u16(4) !== ELSEWHERE_16)
      throw new ImageError('unsupported', FORMAT, 'an archive of several disks');
    if (directory.offset + directory.size > base + at)
      throw new ImageError('malformed', FORMAT, 'its directory reaches past its end', {
        offset: directory.offset,
      });
    return directory;
  }
  throw new ImageError('malformed', FORMAT, 'no end of an archive: it is cut off, or no zip');
}

/** zip64's end record, by the locator before the plain one; undefined where there is no locator: then the values are what they say. */
async function findWide(source: ByteSource, end: number): Promise<Directory | undefined> {
  const at = end - LOCATOR_SIZE;
  if (at < 0) return undefined;
  const locator = new Fields(
    await readExactly(source, at, LOCATOR_SIZE, FORMAT, 'the zip64 locator'),
    FORMAT,
    at,
  );
  if (locator.u32(0) !== LOCATOR_MAGIC) return undefined;
  const offset = locator.u64(8);
  const record = new Fields(
    await readExactly(source, offset, END64_SIZE, FORMAT, 'the zip64 end'),
    FORMAT,
    offset,
  );
  if (record.u32(0) !== END64_MAGIC)
    throw new ImageError('malformed', FORMAT, 'no zip64 end where its locator says', { offset });
  return { entries: record.u64(32), size: record.u64(40), offset: record.u64(48) };
}

/** The records, each as it comes: the directory may be as large as it likes and is never held. */
export async function* readDirectory(
  source: ByteSource,
  { entries, offset, size }: Directory,
  budget: Budget,
): AsyncGenerator<ZipRecord> {
  const reader = new StreamReader(streamOf(source, offset, size, FORMAT), FORMAT);
  try {
    for (let count = 0; count < entries; count += 1) {
      budget.entry({ offset: offset + reader.offset });
      yield await readRecord(reader, offset, budget);
    }
  } finally {
    await reader.close();
  }
}

async function readRecord(reader: StreamReader, base: number, budget: Budget): Promise<ZipRecord> {
  const at = base + reader.offset;
  const record = new Fields(await reader.take(RECORD_SIZE, 'a directory record'), FORMAT, at);
  if (record.u32(0) !== RECORD_MAGIC)
    throw new ImageError('malformed', FORMAT, 'no directory record where one must be', { offset: at });
  budget.nameBytes(record.u16(28), { offset: at });
  const name = Buffer.from(await reader.take(record.u16(28), 'a name')).toString('utf8');
  const extra = new Fields(await reader.take(record.u16(30), 'the extra fields'), FORMAT, at);
  await reader.skip(record.u16(32), 'a comment');
  const [size, packedSize, offset] = widened(extra, [record.u32(24), record.u32(20), record.u32(42)]);
  return {
    name,
    encrypted: (record.u16(8) & 1) !== 0,
    method: record.u16(10),
    sum: record.u32(16),
    packedSize,
    size,
    offset,
  };
}

/** Values of 4 bytes, and for those that are all ones the next of 8 bytes in the zip64 field, in this order. */
function widened(extra: Fields, values: readonly [number, number, number]): [number, number, number] {
  let at = 0;
  while (at + 4 <= extra.size && extra.u16(at) !== ZIP64_EXTRA) at += 4 + extra.u16(at + 2);
  let next = at + 4;
  const widen = (value: number): number => {
    if (value !== ELSEWHERE_32 || at + 4 > extra.size) return value;
    next += 8;
    return extra.u64(next - 8);
  };
  const [size, packedSize, offset] = values;
  return [widen(size), widen(packedSize), widen(offset)];
}
