import fs from 'node:fs';
import { type Mount, parseMountInfo } from '../core/mountinfo.js';
import { hasPriorityEvent, umount } from './syscalls.js';

const TABLE = '/proc/self/mountinfo';

/** What was read last, and what was asked of it since. */
interface Reading {
  readonly mounts: readonly Mount[];
  readonly targets: ReadonlySet<string>;
  readonly users: Map<string, number>;
}

let watched: number | undefined;
let last: Reading | undefined;

/**
 * Read again only when the kernel says that something was mounted or unmounted since: a table that is open for reading is
 * told so by a priority event, once (proc_pid_mountinfo(5)). A sweep looks at the mounts of every phone.
 */
function reading(): Reading {
  watched ??= fs.openSync(TABLE, 'r');
  // Asked before reading: what comes in between is told the next time.
  if (!hasPriorityEvent(watched) && last !== undefined) return last;
  const mounts = parseMountInfo(fs.readFileSync(TABLE, 'utf8'));
  last = { mounts, targets: new Set(mounts.map(({ target }) => target)), users: new Map() };
  return last;
}

export function readMounts(): readonly Mount[] {
  return reading().mounts;
}

/** Every place at which something is mounted. */
export function mountTargets(): ReadonlySet<string> {
  return reading().targets;
}

export function isMounted(target: string): boolean {
  return mountTargets().has(target);
}

/** Mounts that stand on a squashfs: overlays over it, and its idmapped doubles. */
export function usersOfMount(target: string): number {
  const { mounts, users } = reading();
  const known = users.get(target);
  if (known !== undefined) return known;
  const device = mounts.find((mount) => mount.target === target)?.source;
  const { length } = mounts.filter(
    ({ type, target: at, source, superOptions }) =>
      (type === 'squashfs' && at !== target && source === device) ||
      (type === 'overlay' && superOptions.split(',').includes(`lowerdir=${target}`)),
  );
  users.set(target, length);
  return length;
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
