import fs from 'node:fs';
import { O_PATH, openInRoot } from './syscalls.js';

/*
 * Files of the host's in a phone's data. The data belongs to the phone, which may have left symlinks and special files there:
 * every part of a path is opened without following one, and nothing but a regular file is read.
 */

/** The data as a descriptor for the functions below; the caller closes nothing. */
export function inData<T>(data: string, use: (root: number) => T): T {
  const root = fs.openSync(data, O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
  try {
    return use(root);
  } finally {
    fs.closeSync(root);
  }
}

/** Makes one folder where there is none; one that is there stays as it is. */
export function ensureFolder(
  root: number,
  parent: string,
  name: string,
  owner: { readonly uid: number; readonly gid: number; readonly mode: number },
): void {
  inFolder(root, parent, (dir) => {
    try {
      // mkdir never follows a symlink in its last part, and the folder before it is an open descriptor.
      fs.mkdirSync(`${dir}/${name}`, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return;
    }
    fs.chownSync(`${dir}/${name}`, owner.uid, owner.gid);
    fs.chmodSync(`${dir}/${name}`, owner.mode);
  });
}

/** Undefined when there is no regular file of that name; at most `max` bytes. */
export function readFileIn(root: number, path: string, max: number): Buffer | undefined {
  let fd: number;
  try {
    fd = openInRoot(root, path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK, false);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
  try {
    if (!fs.fstatSync(fd).isFile()) return undefined;
    const bytes = Buffer.alloc(max);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, max, 0));
  } finally {
    fs.closeSync(fd);
  }
}

/** Replaces a file, whole or not at all; whatever of that name was there goes. */
export function replaceFileIn(
  root: number,
  folder: string,
  name: string,
  content: string | Buffer,
  owner: { readonly uid: number; readonly gid: number; readonly mode: number },
): void {
  inFolder(root, folder, (dir) => {
    const temporary = `${dir}/.${name}.ancloud`;
    fs.rmSync(temporary, { force: true, recursive: true });
    const fd = fs.openSync(temporary, 'wx', 0o600);
    try {
      fs.writeFileSync(fd, content);
      fs.fchownSync(fd, owner.uid, owner.gid);
      fs.fchmodSync(fd, owner.mode);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, `${dir}/${name}`);
  });
}

/**
 * Rewrites a regular file with what `change` makes of it, owner and mode as they were; nothing when there is none, when it is
 * longer than `max`, or when `change` answers undefined.
 */
export function updateFileIn(
  root: number,
  folder: string,
  name: string,
  max: number,
  change: (bytes: Buffer) => Buffer | undefined,
): void {
  const path = `${folder}/${name}`;
  const bytes = readFileIn(root, path, max + 1);
  const changed = bytes === undefined || bytes.length > max ? undefined : change(bytes);
  if (changed === undefined) return;
  const fd = openInRoot(root, path, O_PATH, false);
  try {
    const { uid, gid, mode } = fs.fstatSync(fd);
    replaceFileIn(root, folder, name, changed, { uid, gid, mode: mode & 0o7777 });
  } finally {
    fs.closeSync(fd);
  }
}

/** Names in a folder; none where there is no folder. */
export function namesIn(root: number, folder: string): string[] {
  let names: string[] = [];
  try {
    inFolder(root, folder, (dir) => (names = fs.readdirSync(dir)));
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  return names;
}

/** Fine when there is none. */
export function removeFileIn(root: number, folder: string, name: string): void {
  try {
    inFolder(root, folder, (dir) => fs.rmSync(`${dir}/${name}`, { force: true, recursive: true }));
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function inFolder(root: number, path: string, use: (dir: string) => void): void {
  const fd = openInRoot(root, path === '' ? '.' : path, O_PATH | fs.constants.O_DIRECTORY, false);
  try {
    use(`/proc/self/fd/${fd}`);
  } finally {
    fs.closeSync(fd);
  }
}
