import { createHash } from 'node:crypto';
import fs from 'node:fs';

const SECTOR = 512;
const METADATA = 4_096;
/** Behind the reserved block, two geometries, and the metadata with its copy; aligned as lpmake does. */
const FIRST = 1 << 20;

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** A row of a table: its bytes, with numbers written at their places. */
function row(size: number, name: string, words: readonly (readonly [at: number, value: number])[]): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.write(name, 0, 'latin1');
  for (const [at, value] of words) bytes.writeUInt32LE(value, at);
  return bytes;
}

/**
 * Writes a super image (AOSP fs_mgr/liblp metadata_format.h, 10.0) with one slot. Debian has no lpmake. A partition without a file
 * is empty, as those of the other slot are.
 */
export function writeSuper(file: string, partitions: readonly { name: string; file?: string }[]): void {
  const out = fs.openSync(file, 'w');
  const rows: Buffer[] = [];
  const extents: Buffer[] = [];
  let at = FIRST;
  for (const { name, file: content } of partitions) {
    rows.push(
      row(52, name, [
        [36, 1],
        [40, extents.length],
        [44, content === undefined ? 0 : 1],
      ]),
    );
    if (content === undefined) continue;
    const bytes = fs.readFileSync(content);
    fs.writeSync(out, bytes, 0, bytes.length, at);
    extents.push(
      row(24, '', [
        [0, bytes.length / SECTOR],
        [12, at / SECTOR],
      ]),
    );
    at += bytes.length;
  }
  const device = row(64, '', [
    [0, FIRST / SECTOR],
    [8, FIRST],
    [16, at],
  ]);
  device.write('super', 24, 'latin1');
  const tables = [rows, extents, [row(48, 'default', [])], [device]];
  const whole = Buffer.concat(tables.flat());
  const header = Buffer.alloc(128);
  header.writeUInt32LE(0x414c5030, 0);
  header.writeUInt16LE(10, 4);
  header.writeUInt32LE(header.length, 8);
  header.writeUInt32LE(whole.length, 44);
  sha256(whole).copy(header, 48);
  let offset = 0;
  for (const [index, table] of tables.entries()) {
    const size = [52, 24, 48, 64][index] ?? 0;
    for (const [field, value] of [offset, table.length, size].entries())
      header.writeUInt32LE(value, 80 + 12 * index + 4 * field);
    offset += table.length * size;
  }
  sha256(header).copy(header, 12);
  const geometry = row(52, '', [
    [0, 0x616c4467],
    [4, 52],
    [40, METADATA],
    [44, 1],
    [48, 4_096],
  ]);
  sha256(geometry).copy(geometry, 8);
  for (const copy of [4_096, 8_192]) fs.writeSync(out, geometry, 0, geometry.length, copy);
  const metadata = Buffer.concat([header, whole]);
  for (const copy of [12_288, 12_288 + METADATA]) fs.writeSync(out, metadata, 0, metadata.length, copy);
  fs.closeSync(out);
}
