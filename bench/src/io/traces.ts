import fs from 'node:fs';
import path from 'node:path';
import type { LoneHost } from './lone-host.js';

const list = (folder: string): string[] => (fs.existsSync(folder) ? fs.readdirSync(folder) : []);
const lines = (file: string): string[] =>
  fs.existsSync(file)
    ? fs
        .readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];

/** How many things a host's phones have on this machine, as an operator would look, with nothing asked of container-svc. */
export function tracesOf({ home, run, bridge, hostId, pid }: LoneHost): Readonly<Record<string, number>> {
  const backing = (name: string): string => {
    try {
      return fs.readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8');
    } catch {
      return '';
    }
  };
  const cgroupRoots = lines('/proc/self/mountinfo')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '');
  const commands = list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [fs.readFileSync(`/proc/${name}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    });
  const state = path.join(home, 'state');
  return {
    mounts: lines('/proc/self/mountinfo').filter((line) => line.includes(` ${run}/`)).length,
    loops: list('/sys/block').filter((name) => backing(name).startsWith(home)).length,
    cgroups: cgroupRoots.flatMap((root) =>
      list(`${root}/ancloud-${hostId}`).filter((name) => name.startsWith('ph_')),
    ).length,
    ports: list(`/sys/class/net/${bridge}/brif`).length,
    leases: lines(`${run}/dnsmasq/leases`).length,
    folders: [`${state}/phones`, `${state}/state`, `${run}/phones`, `${run}/crun`, `${run}/locks`].flatMap(
      list,
    ).length,
    processes: commands.filter((line) => line.includes('phone-shim') && line.includes(run)).length,
    descriptors: list(`/proc/${pid}/fd`).length,
  };
}
