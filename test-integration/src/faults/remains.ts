import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { homesOf, takeOrphan } from '../harness/owner.js';
import type { HostPlace } from './lone-host.js';
import { mountsBelow, sweepHost } from './sweep.js';

/** All that is needed to take a host away, also by another process than the one that made it. */
export interface Remains {
  readonly place: HostPlace;
  /** Folder that goes with it. */
  readonly root: string;
  /** container-svc's main.js, and the environment it was given. */
  readonly service: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Begin of the names of hosts' folders. */
export const HOST_PREFIX = 'ancloud-host-';

/** Ends everything and removes everything; answers what phones had left. */
export function removeRemains({ place, root, service, env }: Remains): string[] {
  servicesOf(place.run).forEach(kill);
  const found = sweepHost(place);
  try {
    execFileSync(process.execPath, [service, '--remove-network'], { env, stdio: 'ignore' });
  } finally {
    // What a killed test had mounted in it itself, an lxcfs or a small disk.
    for (const at of mountsBelow(root).toReversed()) execFileSync('umount', ['-l', at]);
    for (const folder of [place.run, root]) fs.rmSync(folder, { recursive: true, force: true });
  }
  return found;
}

/**
 * Removes the hosts of test runs that were killed. Several runs may sweep at once. Answers the folders of those that are gone; one
 * that cannot be removed is named on stderr and left.
 */
export function sweepDeadHosts(among = homesOf(HOST_PREFIX)): string[] {
  return among.filter((root) => {
    const remains = takeOrphan<Remains>(root);
    if (remains === undefined) return false;
    try {
      removeRemains(remains);
      return true;
    } catch (error) {
      process.stderr.write(`${root}, of a killed test run, could not be removed: ${String(error)}\n`);
      return false;
    }
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** container-svc of a run directory, by its environment: its command line does not name it. */
function servicesOf(run: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`ANCLOUD_RUN_DIR=${run}`);
      } catch {
        // It has ended meanwhile.
        return false;
      }
    })
    .map(Number);
}
