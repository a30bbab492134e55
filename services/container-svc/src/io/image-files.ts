import fs from 'node:fs';
import { O_PATH, openInRoot } from './syscalls.js';

/** The first of these paths that is a regular file below `rootfs`, symlinks followed as the phone's own init would. */
export function firstFileIn(rootfs: string, candidates: readonly string[]): string | undefined {
  return candidates.find((candidate) => readIn(rootfs, candidate, 0) !== undefined);
}

/** Up to `max` bytes of a file below `rootfs`; undefined when there is no such regular file. */
export function readIn(rootfs: string, path: string, max: number): string | undefined {
  const root = fs.openSync(rootfs, O_PATH | fs.constants.O_DIRECTORY);
  let fd: number | undefined;
  try {
    fd = openInRoot(root, path.replace(/^\//, ''), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK, true);
    if (!fs.fstatSync(fd).isFile()) return undefined;
    const bytes = Buffer.alloc(max);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, max, 0)).toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
    fs.closeSync(root);
  }
}
