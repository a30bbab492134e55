import fs from 'node:fs';
import path from 'node:path';
import type { FreezerState } from '../core/observed.js';
import { type CgroupHost, cgroupDirs } from './cgroups.js';

/*
 * The kernel's freezer. cgroup v1: `freezer.state` of the freezer hierarchy, FREEZING until the last process has stopped
 * (kernel Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst). v2: `cgroup.freeze` asks, `frozen` in cgroup.events
 * tells (cgroup-v2.rst). Processes that the phone put into cgroups of its own below are frozen with it. crun is not asked:
 * on hybrid hosts it takes the wrong hierarchy for the freezer's.
 */

/** Of the cgroup as it is now; one that does not exist is thawed. */
export function freezerOf(host: CgroupHost, cgroup: string): FreezerState {
  for (const dir of cgroupDirs(host, cgroup)) {
    const v1 = readOptional(path.join(dir, 'freezer.state'));
    if (v1 !== undefined) return v1 === 'FROZEN' ? 'frozen' : v1 === 'FREEZING' ? 'freezing' : 'thawed';
    const asked = readOptional(path.join(dir, 'cgroup.freeze'));
    if (asked === '1')
      return /^frozen 1$/m.test(readOptional(path.join(dir, 'cgroup.events')) ?? '') ? 'frozen' : 'freezing';
  }
  return 'thawed';
}

/** Asks the kernel; `freezerOf` tells when it is so. False when this cgroup has no freezer. */
export function askFreezer(host: CgroupHost, cgroup: string, frozen: boolean): boolean {
  for (const dir of cgroupDirs(host, cgroup)) {
    const v1 = path.join(dir, 'freezer.state');
    const v2 = path.join(dir, 'cgroup.freeze');
    if (fs.existsSync(v1)) fs.writeFileSync(v1, frozen ? 'FROZEN' : 'THAWED');
    else if (fs.existsSync(v2)) fs.writeFileSync(v2, frozen ? '1' : '0');
    else continue;
    return true;
  }
  return false;
}

function readOptional(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'latin1').trim();
  } catch {
    return undefined;
  }
}
