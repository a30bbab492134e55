import fs from 'node:fs';
import type { Condition } from '@ancloud/contracts/common/v1/common';
import type { Log } from '@ancloud/kit';
import { type Ceiling, ceilings, raisedTo } from '../core/ceilings.js';

/** What of the machine's ceilings stayed below what a host of phones wants. */
export interface LowCeiling {
  readonly ceiling: Ceiling;
  readonly value: number;
  readonly why: string;
}

/**
 * Raises what root may raise, once at the start; never lowers. What cannot be raised (a container's read-only /proc/sys) is
 * answered, so that it can be told. `raise` false: only looks.
 */
export function raiseCeilings(raise: boolean, log: Log, root = '/proc/sys'): LowCeiling[] {
  return ceilings.flatMap((ceiling) => {
    const file = `${root}/${ceiling.file}`;
    const value = readNumber(file);
    const wanted = raisedTo(ceiling, value);
    if (wanted === undefined) return [];
    if (!raise) return [{ ceiling, value, why: 'ANCLOUD_RAISE_LIMITS is off' }];
    try {
      fs.writeFileSync(file, String(wanted));
    } catch (error) {
      return [{ ceiling, value, why: (error as NodeJS.ErrnoException).code ?? 'it cannot be written' }];
    }
    log.info({ sysctl: ceiling.name, from: value, to: wanted }, 'raised a limit of the machine');
    return [];
  });
}

export function limitsCondition(low: readonly LowCeiling[]): Condition {
  const words = low.map(
    ({ ceiling, value, why }) =>
      `${ceiling.name} is ${value} (${why}): sysctl -w ${ceiling.name}=${ceiling.wanted}`,
  );
  return { type: 'LimitsLow', active: low.length > 0, message: words.join('; ') };
}

/** Ceilings and counts as they are now. */
export function readCeilings(imagesDir: string, root = '/proc/sys') {
  return {
    inotifyInstances: readNumber(`${root}/fs/inotify/max_user_instances`),
    inotifyWatches: readNumber(`${root}/fs/inotify/max_user_watches`),
    pids: readNumber(`${root}/kernel/pid_max`),
    openFiles: readNumber(`${root}/fs/file-max`),
    loopDevices: fs.existsSync('/dev/loop-control') ? Infinity : usableLoops(imagesDir),
  };
}

/** Loop devices that are free or hold one of our images: without loop-control no more are made. */
function usableLoops(imagesDir: string): number {
  return fs.readdirSync('/sys/block').filter((name) => {
    if (!name.startsWith('loop')) return false;
    try {
      return fs.readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').startsWith(`${imagesDir}/`);
    } catch {
      return true;
    }
  }).length;
}

/** 0 when it cannot be read: then it limits, and is seen. */
function readNumber(file: string): number {
  try {
    const value = Number(fs.readFileSync(file, 'latin1').trim());
    return Number.isFinite(value) ? value : 0;
  } catch {
    return 0;
  }
}
