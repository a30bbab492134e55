import fs from 'node:fs';
import path from 'node:path';
import type { LimitChange, LimitReadings } from '../core/cgroup-limits.js';
import { type CgroupHost, cgroupDirs } from './cgroups.js';

const names = [
  'cpu.max',
  'cpu.weight',
  'cpu.cfs_quota_us',
  'cpu.shares',
  'memory.max',
  'memory.swap.max',
  'memory.limit_in_bytes',
  'memory.memsw.limit_in_bytes',
  'pids.max',
  'io.weight',
  'io.bfq.weight',
  'blkio.bfq.weight',
  'blkio.weight',
];

/** What the limits of a cgroup are, in all hierarchies; undefined when it does not exist. */
export function readLimits(host: CgroupHost, cgroup: string): LimitReadings | undefined {
  const dirs = cgroupDirs(host, cgroup);
  if (dirs.length === 0) return undefined;
  const texts = new Map<string, string>();
  for (const name of names) {
    const text = fileIn(dirs, name);
    if (text !== undefined) texts.set(name, fs.readFileSync(text, 'latin1').trim());
  }
  // Where v1 controllers are mounted, crun has used them (io/crun.ts).
  return { version: host.mode === 'v2' ? 2 : 1, texts };
}

/** Writes one. Errors: what the kernel says, e.g. EBUSY for memory that is in use; ENOENT when the cgroup has gone. */
export function writeLimit(host: CgroupHost, cgroup: string, { file, text }: LimitChange): void {
  const at = fileIn(cgroupDirs(host, cgroup), file);
  if (at === undefined) throw Object.assign(new Error(`${cgroup} has no ${file}`), { code: 'ENOENT' });
  fs.writeFileSync(at, text);
}

/** Bytes that would have to be freed: v2 would rather kill than refuse. */
export function anonymousMemory(host: CgroupHost, cgroup: string): number {
  const at = fileIn(cgroupDirs(host, cgroup), 'memory.stat');
  const match = at === undefined ? null : /^anon (\d+)$/m.exec(fs.readFileSync(at, 'latin1'));
  return Number(match?.[1] ?? 0);
}

function fileIn(dirs: readonly string[], name: string): string | undefined {
  return dirs.map((dir) => path.join(dir, name)).find((file) => fs.existsSync(file));
}
