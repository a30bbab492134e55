import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '@ancloud/kit';

/** Stays free on the disk whatever is imported. */
export const RESERVE = 64 * 1024 * 1024;
/** No image is larger. */
const IMAGE_MAX = 32 * 1024 ** 3;

/** A name in the image store that load() sweeps: what a killed import leaves is gone with the next start. */
export function temporaryName(folder: string): string {
  return path.join(folder, `.import-${crypto.randomBytes(6).toString('hex')}`);
}

/** A file without a name: gone when its last descriptor is closed, however that comes. */
export function namelessFile(folder: string): number {
  const name = temporaryName(folder);
  const fd = fs.openSync(name, 'wx+', 0o600);
  fs.rmSync(name);
  return fd;
}

/** How many bytes an import may write. Errors: DISK_FULL when `needed` do not fit. */
export function roomFor(folder: string, needed: number): number {
  const { bavail, bsize } = fs.statfsSync(folder);
  const free = bavail * bsize;
  if (free < needed + RESERVE)
    throw new AppError('DISK_FULL', `importing ${needed} bytes into ${folder}: only ${free} are free`, {
      field: folder,
      fix: `free space on the disk of ${folder}`,
    });
  return Math.min(free - RESERVE, IMAGE_MAX);
}

/** The error of a full disk in our words; any other as it is. */
export function fullDisk(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return noRoom(`importing into ${folder}`, folder, error);
}

export function noRoom(doing: string, folder: string, cause?: unknown): AppError {
  return new AppError('DISK_FULL', `${doing}: no space left`, {
    field: folder,
    fix: `free space on the disk of ${folder}`,
    cause,
  });
}
