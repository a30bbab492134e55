import fs from 'node:fs';
import { type Mount, parseMountInfo } from '../core/mountinfo.js';
import { umount } from './syscalls.js';

let last: { readonly text: string; readonly mounts: readonly Mount[] } = { text: '', mounts: [] };

/** Parsed once as long as nothing changes: on a quiet host every phone is looked at several times a minute. */
export function readMounts(): readonly Mount[] {
  const text = fs.readFileSync('/proc/self/mountinfo', 'utf8');
  if (text !== last.text) last = { text, mounts: parseMountInfo(text) };
  return last.mounts;
}

/** Unmounts all that is mounted at `target` (a killed run may have mounted twice). Fine when nothing is. */
export function unmountAll(target: string, detach = false): void {
  for (const mount of readMounts()) if (mount.target === target) umount(target, detach);
}

/** Loop devices whose backing file is `file`, asked of the kernel: other mount namespaces can pin them. */
export function loopsOf(file: string): string[] {
  return fs.readdirSync('/sys/block').filter((name) => {
    if (!name.startsWith('loop')) return false;
    try {
      return fs.readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trimEnd() === file;
    } catch {
      return false;
    }
  });
}
