import fs from 'node:fs';
import { limitFileNames, type LimitChange, type LimitReadings } from '../core/cgroup-limits.js';
import { type CgroupHost, cgroupDirs, cgroupFile, readCgroupFile } from './cgroups.js';

/** What the limits of a cgroup are; undefined when it does not exist. */
export function readLimits(host: CgroupHost, cgroup: string): LimitReadings | undefined {
  // Where v1 controllers are mounted, crun has used them (io/crun.ts).
  const version = host.mode === 'v2' ? 2 : 1;
  const texts = new Map<string, string>();
  for (const name of limitFileNames[version]) {
    const text = readCgroupFile(host, cgroup, name);
    if (text !== undefined) texts.set(name, text);
  }
  return texts.size === 0 && cgroupDirs(host, cgroup).length === 0 ? undefined : { version, texts };
}

/** Writes one. Errors: what the kernel says, e.g. EBUSY for memory that is in use; ENOENT when the cgroup has gone. */
export function writeLimit(host: CgroupHost, cgroup: string, { file, text }: LimitChange): void {
  const at = cgroupFile(host, cgroup, file);
  if (at === undefined) throw Object.assign(new Error(`${cgroup} has no ${file}`), { code: 'ENOENT' });
  // Without O_CREAT: cgroupfs answers that with EACCES, where a cgroup that has gone is ENOENT.
  fs.writeFileSync(at, text, { flag: 'r+' });
}

/** Bytes that would have to be freed: v2 would rather kill than refuse. */
export function anonymousMemory(host: CgroupHost, cgroup: string): number {
  const [, bytes = 0] = /^anon (\d+)$/m.exec(readCgroupFile(host, cgroup, 'memory.stat') ?? '') ?? [];
  return Number(bytes);
}
