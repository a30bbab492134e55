import { spawnSync } from 'node:child_process';
import { type Finding, ok, read, warn } from './finding.js';

/** How long a pid 1 on a busy machine may take to collect, ms. */
const COLLECT_MS = 3_000;

/**
 * Whether pid 1 collects processes whose parent has ended: one is made, and looked at until it is gone. In a container or
 * chroot pid 1 is often a program that was never meant to; ended shims stay as zombies there, and a phone in which such an
 * orphan lay cannot end.
 */
export async function orphans(): Promise<Finding> {
  const { stdout } = spawnSync('sh', ['-c', 'sleep 0.05 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' });
  const stat = `/proc/${stdout.trim()}/stat`;
  const name = read('/proc/1/comm');
  for (const began = Date.now(); ;) {
    const state = /\) (\S)/.exec(read(stat))?.[1];
    if (state === undefined) return ok('init', `pid 1 (${name}) collects ended processes`);
    if (Date.now() - began > COLLECT_MS)
      return state === 'Z'
        ? warn(
            'init',
            `pid 1 (${name}) does not collect ended processes`,
            'run the farm under an init: systemd, tini, docker --init',
          )
        : ok('init', `pid 1 is ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
