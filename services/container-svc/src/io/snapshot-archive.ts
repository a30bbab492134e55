import crypto from 'node:crypto';
import fs from 'node:fs';
import { AppError } from '@ancloud/kit';
import { readTrailer, TRAILER_MAX, trailerOf } from '../core/snapshot-archive.js';
import { readSuperblock, SUPERBLOCK_SIZE } from '../core/squashfs.js';
import { fullDisk, roomFor, temporaryName } from './import/temporary.js';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.js';

const PIECE = 256 * 1024;

/** The bytes of a snapshot's archive. Goes on when the snapshot is removed meanwhile: the file stays open. */
export async function* archiveOf(file: string, snapshot: StoredSnapshot): AsyncGenerator<Uint8Array> {
  for await (const piece of fs.createReadStream(file, { highWaterMark: PIECE })) yield piece as Buffer;
  yield trailerOf(snapshot);
}

/**
 * Takes an archive, a file of ours, into the store. Nothing of it is believed before it was checked: its length, its SHA-256,
 * its superblock. Errors: IMAGE_INVALID saying what is wrong, DISK_FULL.
 */
export async function takeArchive(
  store: SnapshotStore,
  file: string,
  { snapshotId, owner, name }: Pick<StoredSnapshot, 'snapshotId' | 'owner' | 'name'>,
): Promise<StoredSnapshot> {
  const known = store.get(snapshotId);
  if (known !== undefined) return known;
  const temporary = temporaryName(store.folder);
  const source = await fs.promises.open(file, 'r');
  try {
    const { size: fileSize } = await source.stat();
    const at = Math.max(0, fileSize - TRAILER_MAX);
    const end = Buffer.alloc(fileSize - at);
    await source.read(end, 0, end.length, at);
    const read = readTrailer(end, fileSize);
    if ('problem' in read) throw refused(read.problem);
    const { size, sha256 } = read.snapshot;
    roomFor(store.folder, size);
    const found = await copied(source, size, temporary);
    if (found.sha256 !== sha256) throw refused(`its sha256 is ${found.sha256}, not ${sha256} as it says`);
    const checked = readSuperblock(found.head, size);
    if ('problem' in checked) throw refused(checked.problem);
    const snapshot = { ...read.snapshot, snapshotId, owner, name: name === '' ? read.snapshot.name : name };
    await store.add(temporary, snapshot);
    return snapshot;
  } catch (error) {
    throw fullDisk(error, store.folder);
  } finally {
    await source.close();
    fs.rmSync(temporary, { force: true });
  }
}

const refused = (problem: string): AppError =>
  new AppError('IMAGE_INVALID', `importing a snapshot: ${problem}`, {
    field: 'upload_id',
    fix: 'export it anew',
  });

/** The first `size` bytes, on disk as `target`. */
async function copied(
  source: fs.promises.FileHandle,
  size: number,
  target: string,
): Promise<{ readonly sha256: string; readonly head: Buffer }> {
  const hash = crypto.createHash('sha256');
  const head = Buffer.alloc(Math.min(SUPERBLOCK_SIZE, size));
  await source.read(head, 0, head.length, 0);
  const out = await fs.promises.open(target, 'wx', 0o600);
  try {
    const piece = Buffer.alloc(PIECE);
    for (let at = 0; at < size;) {
      const { bytesRead } = await source.read(piece, 0, Math.min(PIECE, size - at), at);
      if (bytesRead === 0) break;
      hash.update(piece.subarray(0, bytesRead));
      await out.writeFile(piece.subarray(0, bytesRead));
      at += bytesRead;
    }
    await out.sync();
  } finally {
    await out.close();
  }
  return { sha256: hash.digest('hex'), head };
}
