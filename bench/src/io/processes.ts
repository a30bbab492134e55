import fs from 'node:fs';

interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly words: readonly string[];
}

function entries(): Entry[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // Field 4 of stat is the parent, behind the name in parentheses (proc(5)).
        const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const words = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return [{ pid: Number(name), parent, words }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** A process and all below it that are still its descendants. */
export function familyOf(pid: number): number[] {
  const all = entries();
  const family = [pid];
  for (const member of family)
    family.push(...all.filter(({ parent }) => parent === member).map((entry) => entry.pid));
  return family;
}

/** container-svc of a run folder, which only its environment names; its dnsmasq has the same. */
export function serviceOf(run: string): number | undefined {
  return entries()
    .filter(({ words }) => words.some((word) => word.endsWith('/container-svc/bundle/main.js')))
    .find(({ pid }) => environmentOf(pid).includes(`ANCLOUD_RUN_DIR=${run}`))?.pid;
}

function environmentOf(pid: number): readonly string[] {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

/** The phone-shims of a farm, by its run folder; without the guests below them. */
export function shimsOf(run: string): number[] {
  return entries()
    .filter(
      ({ words }) => words[0]?.endsWith('phone-shim') === true && words.some((word) => word.startsWith(run)),
    )
    .map(({ pid }) => pid);
}

/** Host pids of processes below `pid` whose command line has `word` as one of its words, and not `without`. */
export function descendantsWith(pid: number, word: string, without?: string): number[] {
  const family = new Set(familyOf(pid));
  return entries()
    .filter((entry) => family.has(entry.pid) && entry.words.includes(word))
    .filter(({ words }) => without === undefined || !words.includes(without))
    .map((entry) => entry.pid);
}

/** CPU time that processes have used so far, ms (proc(5), stat: user and system, in ticks of 10 ms). */
export function cpuMsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * 10;
  }, 0);
}

/** Time on a processor of a process's threads so far, ns (Documentation/scheduler/sched-stats.rst, "/proc/<pid>/schedstat"). */
export function cpuNs(pid: number): number {
  const tasks = fs.readdirSync(`/proc/${pid}/task`);
  return tasks.reduce((sum, task) => {
    const [ran = ''] = fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
    return sum + Number(ran);
  }, 0);
}

/** Proportional set sizes, MiB (proc(5), smaps_rollup). */
export interface Pss {
  readonly all: number;
  /** Without pages of files: those are shared with whatever else runs the same programs on this machine. */
  readonly own: number;
}

export function pssOf(pids: readonly number[]): Pss {
  const sums = pids.map(rollup);
  return {
    all: sums.reduce((total, { all }) => total + all, 0),
    own: sums.reduce((total, { own }) => total + own, 0),
  };
}

function rollup(pid: number): Pss {
  try {
    const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const of = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) / 1024;
    return { all: of('Pss'), own: of('Pss') - of('Pss_File') };
  } catch {
    // It has ended meanwhile.
    return { all: 0, own: 0 };
  }
}
