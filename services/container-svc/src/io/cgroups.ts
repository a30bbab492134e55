import fs from 'node:fs';
import path from 'node:path';
import type { Mount } from '../core/mountinfo.js';
import { signalProcess } from './process.js';

/** The cgroup hierarchies of this host as mounted; v1 has one per controller. */
export interface CgroupHost {
  readonly mode: 'v1' | 'hybrid' | 'v2';
  /** Mount points under which a container's cgroup may exist. */
  readonly roots: readonly string[];
  /** Mount point of each controller that v1 has. */
  readonly controllers: ReadonlyMap<string, string>;
  readonly unified: string | undefined;
}

export function detectCgroups(
  mounts: readonly Pick<Mount, 'target' | 'type' | 'superOptions'>[],
): CgroupHost {
  const v1 = mounts.filter(({ type }) => type === 'cgroup');
  const v2 = mounts.filter(({ type }) => type === 'cgroup2');
  return {
    mode: v1.length === 0 ? 'v2' : v2.length === 0 ? 'v1' : 'hybrid',
    roots: [...new Set([...v1, ...v2].map(({ target }) => target))],
    controllers: new Map(
      v1.flatMap(({ target, superOptions }) => superOptions.split(',').map((name) => [name, target])),
    ),
    unified: v2[0]?.target,
  };
}

/**
 * Where a file of a cgroup is, when it is: in the hierarchy of the controller that its name begins with (`pids.max`), else in v2's.
 * Asked for each phone again and again, so it looks at nothing.
 */
export function cgroupFile(host: CgroupHost, cgroup: string, name: string): string | undefined {
  const root = host.controllers.get(name.slice(0, name.indexOf('.'))) ?? host.unified;
  return root === undefined ? undefined : path.join(root, cgroup, name);
}

/** What it says, without the newline; undefined where there is none. */
export function readCgroupFile(host: CgroupHost, cgroup: string, name: string): string | undefined {
  const file = cgroupFile(host, cgroup, name);
  if (file === undefined) return undefined;
  try {
    // As UTF-8 node reads a small file in one call; any other encoding takes a buffer of 64 KiB for each.
    return fs.readFileSync(file, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}

/** Directories that exist for a cgroup path, in all hierarchies. */
export function cgroupDirs(host: CgroupHost, cgroup: string): string[] {
  return host.roots.map((root) => path.join(root, cgroup)).filter((dir) => fs.existsSync(dir));
}

/** Kills what still runs in there (also in cgroups the phone made below), then removes the directories. True when all are gone. */
export function removeCgroups(host: CgroupHost, cgroup: string): boolean {
  for (const dir of cgroupDirs(host, cgroup)) {
    for (const child of subtree(dir)) {
      for (const pid of pidsOf(child)) signalProcess(pid, 'SIGKILL');
      try {
        fs.rmdirSync(child);
      } catch {
        // EBUSY until the killed have gone: the caller asks again.
      }
    }
  }
  return cgroupDirs(host, cgroup).length === 0;
}

/** Removes the directory that held the phones' cgroups, where no phone is left in it. */
export function removeEmptyParents(host: CgroupHost, cgroup: string): void {
  for (const dir of cgroupDirs(host, cgroup)) {
    try {
      fs.rmdirSync(dir);
    } catch {
      // A phone runs on in it.
    }
  }
}

/** Leaves first. */
function subtree(dir: string): string[] {
  const children = fs
    .readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => subtree(path.join(dir, entry.name)));
  return [...children, dir];
}

function pidsOf(dir: string): number[] {
  try {
    return fs
      .readFileSync(path.join(dir, 'cgroup.procs'), 'latin1')
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  } catch {
    return [];
  }
}
