/**
 * The files of lxcfs (lxcfs(1), Debian 12 to 13: 5.0 and 6.0) that a phone has over the kernel's, below lxcfs's mount point and,
 * with the same path, below the phone's root. Not its slabinfo, which says nothing of the phone, nor its cgroup tree.
 */
export const lxcfsFiles = [
  'proc/cpuinfo',
  'proc/diskstats',
  'proc/loadavg',
  'proc/meminfo',
  'proc/stat',
  'proc/swaps',
  'proc/uptime',
  'sys/devices/system/cpu/online',
] as const;

/** An lxcfs that answers. */
export interface LxcfsView {
  /** Where it is mounted. */
  readonly dir: string;
  /** Number of its mount (st_dev): another one after each of its starts, for as long as a phone stands on the one before. */
  readonly device: number;
  /** Those of `lxcfsFiles` that it and this kernel have. */
  readonly files: readonly string[];
}

/** `broken`: it is mounted and does not answer. */
export type LxcfsState = 'present' | 'broken' | 'absent';

/** view.json: whose files stand over the phone's own. */
export interface ViewRecord {
  /** `markOf` that lxcfs. */
  readonly mark: string;
  readonly files: readonly string[];
}

/** The same for the same lxcfs, another one for another; empty for none. */
export function markOf(view: LxcfsView | undefined): string {
  return view === undefined ? '' : `${view.device} ${view.dir} ${view.files.join(' ')}`;
}
