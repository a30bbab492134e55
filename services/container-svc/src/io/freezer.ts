import fs from 'node:fs';
import type { FreezerState } from '../core/observed.js';
import { type CgroupHost, cgroupFile, readCgroupFile } from './cgroups.js';

/*
 * The kernel's freezer. cgroup v1: `freezer.state` of the freezer hierarchy, FREEZING until the last process has stopped
 * (kernel Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst). v2: `cgroup.freeze` asks, `frozen` in cgroup.events
 * tells (cgroup-v2.rst). Processes that the phone put into cgroups of its own below are frozen with it. crun is not asked:
 * on hybrid hosts it takes the wrong hierarchy for the freezer's.
 */

/** Of the cgroup as it is now; one that does not exist is thawed. */
export function freezerOf(host: CgroupHost, cgroup: string): FreezerState {
  if (host.controllers.has('freezer')) {
    const state = readCgroupFile(host, cgroup, 'freezer.state');
    return state === 'FROZEN' ? 'frozen' : state === 'FREEZING' ? 'freezing' : 'thawed';
  }
  if (readCgroupFile(host, cgroup, 'cgroup.freeze') !== '1') return 'thawed';
  return /^frozen 1$/m.test(readCgroupFile(host, cgroup, 'cgroup.events') ?? '') ? 'frozen' : 'freezing';
}

/** Asks the kernel; `freezerOf` tells when it is so. False when this cgroup has no freezer. */
export function askFreezer(host: CgroupHost, cgroup: string, frozen: boolean): boolean {
  const [name, word] = host.controllers.has('freezer')
    ? ['freezer.state', frozen ? 'FROZEN' : 'THAWED']
    : ['cgroup.freeze', frozen ? '1' : '0'];
  const file = cgroupFile(host, cgroup, name);
  if (file === undefined || !fs.existsSync(file)) return false;
  fs.writeFileSync(file, word);
  return true;
}
