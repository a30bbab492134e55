import fs from 'node:fs';

/** One thing that a machine sent to its disk. */
export interface DiskRequest {
  /** Byte on the disk. */
  readonly at: number;
  readonly length: number;
  /** Byte of the log where the data stands. */
  readonly from: number;
  /** True: what was written before lasts from here on. Such an entry has no data. */
  readonly flush: boolean;
}

const MAGIC = 0x6a736677736872n;
const FLUSH = 1n;
const DISCARD = 4n;

/**
 * What qemu's blklogwrites driver has kept, in the order in which the machine asked: Linux's format of dm-log-writes
 * (Documentation/admin-guide/device-mapper/log-writes.rst, drivers/md/dm-log-writes.c), LE. A sector of its own for the head
 * {magic u64, version u64, entries u64, sector size u32} and for each entry {sector u64, sectors u64, flags u64, data_len u64},
 * behind which the data stands. The count in the head lags behind when qemu was killed: the entries go on as far as they are whole.
 */
export function readWriteLog(fd: number): DiskRequest[] {
  const { size } = fs.fstatSync(fd);
  const head = Buffer.alloc(32);
  fs.readSync(fd, head, 0, head.length, 0);
  const sector = head.readUInt32LE(24);
  if (head.readBigUInt64LE(0) !== MAGIC || sector < 512) throw new Error('this is no log of writes');
  const found: DiskRequest[] = [];
  const entry = Buffer.alloc(32);
  for (let at = sector; at + sector <= size;) {
    fs.readSync(fd, entry, 0, entry.length, at);
    const [first, sectors, flags] = [0, 8, 16].map((field) => entry.readBigUInt64LE(field));
    if (sectors === 0n && flags === 0n) break;
    const length = Number(sectors) * sector;
    const from = at + sector;
    if ((flags ?? 0n) & DISCARD) throw new Error('the disk of a power cut is not to be trimmed');
    if (from + length > size) break;
    found.push({ at: Number(first) * sector, length, from, flush: ((flags ?? 0n) & FLUSH) !== 0n });
    at = from + length;
  }
  return found;
}

/** Copies what the requests wrote onto a disk. */
export function replay(log: number, requests: readonly DiskRequest[], disk: number): void {
  for (const { at, length, from } of requests) {
    if (length === 0) continue;
    const data = Buffer.alloc(length);
    fs.readSync(log, data, 0, length, from);
    fs.writeSync(disk, data, 0, length, at);
  }
}
