import fs from 'node:fs';
import { O_PATH, openInRoot } from './syscalls.js';

const SYSTEM = 1000;
const SHELL = 2000;
const MISC = 9998;
const KEYS_MAX = 64 * 1024;

/**
 * Puts session-svc's public key where adbd looks at each authentication: data/misc/adb/adb_keys, 1000:2000, 0640. Keys that
 * stand there stay. The data belongs to the phone, which may have left symlinks: every part is opened without following one.
 * `shift`: first host id of the phone's user namespace, 0 without. Errors of the file system as they are.
 */
export function placeAdbKey(data: string, key: string, shift: number): void {
  const root = fs.openSync(data, O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
  try {
    ensureDir(root, '', 'misc', 0o1771, shift + SYSTEM, shift + MISC);
    ensureDir(root, 'misc', 'adb', 0o2750, shift + SYSTEM, shift + SHELL);
    inDir(root, 'misc/adb', (dir) => {
      const file = `${dir}/adb_keys`;
      const present = readKeys(root);
      const line = key.trim();
      if (present.split('\n').includes(line)) return;
      const text = `${present === '' || present.endsWith('\n') ? present : `${present}\n`}${line}\n`;
      const temporary = `${dir}/.adb_keys.ancloud`;
      fs.rmSync(temporary, { force: true, recursive: true });
      const fd = fs.openSync(temporary, 'wx', 0o600);
      try {
        fs.writeSync(fd, text);
        fs.fchownSync(fd, shift + SYSTEM, shift + SHELL);
        fs.fchmodSync(fd, 0o640);
      } finally {
        fs.closeSync(fd);
      }
      fs.renameSync(temporary, file);
    });
  } finally {
    fs.closeSync(root);
  }
}

function readKeys(root: number): string {
  let fd: number;
  try {
    fd = openInRoot(root, 'misc/adb/adb_keys', fs.constants.O_RDONLY | fs.constants.O_NONBLOCK, false);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    if (!fs.fstatSync(fd).isFile()) return '';
    const bytes = Buffer.alloc(KEYS_MAX);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, KEYS_MAX, 0)).toString('latin1');
  } finally {
    fs.closeSync(fd);
  }
}

/** mkdir never follows a symlink in its last part, and the folder before it is an open descriptor. */
function ensureDir(root: number, parent: string, name: string, mode: number, uid: number, gid: number): void {
  inDir(root, parent, (dir) => {
    try {
      fs.mkdirSync(`${dir}/${name}`, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return;
    }
    fs.chownSync(`${dir}/${name}`, uid, gid);
    fs.chmodSync(`${dir}/${name}`, mode);
  });
}

function inDir(root: number, path: string, use: (dir: string) => void): void {
  const fd = openInRoot(root, path === '' ? '.' : path, O_PATH | fs.constants.O_DIRECTORY, false);
  try {
    use(`/proc/self/fd/${fd}`);
  } finally {
    fs.closeSync(fd);
  }
}
