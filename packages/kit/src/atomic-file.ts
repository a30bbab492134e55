import crypto from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { AppError } from './errors.js';

export interface AtomicWriteOptions {
  /** Permission bits of the file. Default 0600. */
  readonly mode?: number;
}

/**
 * Replaces `file` so that a reader, also after a power cut, sees the old content or the new, never a mixture: written
 * beside it, fsync, rename, fsync of the folder. The folder must exist. Concurrent writers: the last rename wins.
 *
 * Errors: DISK_FULL on ENOSPC or EDQUOT; other errors of the file system as they are. The temporary file is removed.
 */
export async function writeFileAtomic(
  file: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${crypto.randomBytes(6).toString('hex')}.tmp`);
  try {
    const handle = await fs.open(temporary, 'wx', options.mode ?? 0o600);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, file);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new AppError('DISK_FULL', `writing ${file}: no space left`, {
        field: file,
        fix: `free space on the file system of ${folder}`,
        cause: error,
      });
    throw error;
  }
  await syncFolder(folder);
}

const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/;

/** Removes from `folder` what writers that were killed have left; no other may be at work there. Fine when there is none. */
export function removeTemporaries(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (const name of names) if (TEMPORARY.test(name)) rmSync(path.join(folder, name), { force: true });
}

/** Makes a rename, creation or removal in `folder` last over a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes `file` for good (also over a power cut). Fine when it does not exist. */
export async function removeFile(file: string): Promise<void> {
  await fs.rm(file, { force: true });
  await syncFolder(path.dirname(file)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}

/** `writeFileAtomic` of `value` as indented JSON with a final newline. */
export async function writeJsonAtomic(
  file: string,
  value: unknown,
  options?: AtomicWriteOptions,
): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(value, null, 2)}\n`, options);
}

/**
 * Reads JSON and validates it; `undefined` when the file does not exist.
 *
 * Errors: MESSAGE_MALFORMED naming the file when it is not JSON or `validate` throws.
 */
export async function readJson<T>(file: string, validate: (value: unknown) => T): Promise<T | undefined> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return validate(JSON.parse(text));
  } catch (cause) {
    throw new AppError('MESSAGE_MALFORMED', `reading ${file}: ${(cause as Error).message}`, {
      field: file,
      fix: 'restore the file from a backup or remove it',
      cause,
    });
  }
}
