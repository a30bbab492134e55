import type { RunLimits } from './run-spec.js';

/** One file of a phone's cgroup and what it shall say. */
export interface LimitFile {
  /** The limit, by its name in the spec. */
  readonly limit: keyof RunLimits;
  /** Names under which kernels have it; the first that exists counts. */
  readonly files: readonly string[];
  readonly text: string;
}

/** What the files of a phone's cgroup say, by name; a file that this kernel lacks is not there. */
export interface LimitReadings {
  readonly version: 1 | 2;
  readonly texts: ReadonlyMap<string, string>;
}

/** One file to be written. */
export interface LimitChange {
  readonly file: string;
  readonly text: string;
}

const PERIOD_US = 100_000;
const MIB = 1024 * 1024;
/** Value of cpu.shares that stands for the default weight of 100. */
const SHARES = 1_024;
/** v1 shows an absent limit as the largest multiple of a page. */
const UNLIMITED_FROM = 2 ** 60;

/**
 * The files in the order in which they are written (kernel Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/). v1 counts swap
 * together with memory and refuses memory above that sum, so the sum comes first when it grows and last when it shrinks: it
 * stands on both sides.
 */
export function limitFiles(limits: RunLimits, version: 1 | 2): LimitFile[] {
  const { cpuMillis, cpuWeight, memoryMib, swapMib, pids, ioWeight, cpus } = limits;
  const quota = Math.round((cpuMillis * PERIOD_US) / 1_000);
  const memory = String(memoryMib * MIB);
  const rest: LimitFile[] = [
    { limit: 'pids', files: ['pids.max'], text: String(pids) },
    {
      limit: 'ioWeight',
      files: version === 2 ? ['io.weight', 'io.bfq.weight'] : ['blkio.bfq.weight', 'blkio.weight'],
      text: version === 2 ? `default ${ioWeight}` : String(ioWeight),
    },
    ...(cpus === undefined ? [] : [{ limit: 'cpus', files: ['cpuset.cpus'], text: cpus } as const]),
  ];
  if (version === 2)
    return [
      { limit: 'cpuMillis', files: ['cpu.max'], text: `${quota} ${PERIOD_US}` },
      { limit: 'cpuWeight', files: ['cpu.weight'], text: String(cpuWeight) },
      { limit: 'swapMib', files: ['memory.swap.max'], text: swapMib === 0 ? 'max' : String(swapMib * MIB) },
      { limit: 'memoryMib', files: ['memory.max'], text: memory },
      ...rest,
    ];
  const sum: LimitFile = {
    limit: 'swapMib',
    files: ['memory.memsw.limit_in_bytes'],
    text: swapMib === 0 ? '-1' : String((memoryMib + swapMib) * MIB),
  };
  return [
    { limit: 'cpuMillis', files: ['cpu.cfs_quota_us'], text: String(quota) },
    {
      limit: 'cpuWeight',
      files: ['cpu.shares'],
      text: String(Math.max(2, Math.round((cpuWeight * SHARES) / 100))),
    },
    sum,
    { limit: 'memoryMib', files: ['memory.limit_in_bytes'], text: memory },
    sum,
    ...rest,
  ];
}

/** Names do not depend on values. */
const anyLimits: RunLimits = {
  cpuMillis: 1,
  cpuWeight: 1,
  memoryMib: 1,
  swapMib: 1,
  pids: 1,
  ioWeight: 1,
  egressKbit: 0,
  diskMib: 0,
  cpus: '0',
};

/** Names of all files that may hold a limit. */
export const limitFileNames: Readonly<Record<1 | 2, readonly string[]>> = {
  1: namesOf(1),
  2: namesOf(2),
};

function namesOf(version: 1 | 2): string[] {
  return [...new Set(limitFiles(anyLimits, version).flatMap(({ files }) => files))];
}

/** Files that say something else than they shall, in the order of writing. What the kernel lacks is left out. */
export function staleLimits(limits: RunLimits, { version, texts }: LimitReadings): LimitChange[] {
  return limitFiles(limits, version).flatMap(({ files, text }) => {
    const file = files.find((name) => texts.has(name));
    return file === undefined || same(text, texts.get(file) ?? '') ? [] : [{ file, text }];
  });
}

/** Limits that were asked for and that this kernel cannot set: everybody has the default, so that is never missed. */
export function missingLimits(limits: RunLimits, { version, texts }: LimitReadings): (keyof RunLimits)[] {
  const missing = limitFiles(limits, version)
    .filter(({ files }) => !files.some((name) => texts.has(name)))
    .map(({ limit }) => limit)
    .filter((limit) => limits[limit] !== defaults[limit]);
  return [...new Set(missing)];
}

const defaults: Partial<RunLimits> = { cpuWeight: 100, swapMib: 0, ioWeight: 100 };

function same(wanted: string, read: string): boolean {
  return wanted === read || (unlimited(wanted) && unlimited(read));
}

function unlimited(text: string): boolean {
  return text === 'max' || text === '-1' || Number(text) >= UNLIMITED_FROM;
}
