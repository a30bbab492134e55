import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { loopsBelow } from '../harness/leftovers.js';
import { processes } from '../harness/processes.js';
import type { HostPlace } from './lone-host.js';

/** What of one phone, or of all, is on this machine; an operator's view, with nothing asked of container-svc. */
export interface Traces {
  readonly mounts: string[];
  readonly ports: string[];
  readonly cgroups: string[];
  readonly loops: string[];
  readonly containers: string[];
  readonly folders: string[];
  readonly processes: string[];
  readonly guards: string[];
  readonly leases: string[];
  /** Ports of the host that lead into phones. */
  readonly openings: string[];
}

/** Traces of a host's phones; with `phone`, of what names that phone (and of all where nothing says whose it is). */
export function tracesOf(place: HostPlace, phone = ''): Traces {
  const { state, run, bridge, hostId } = place;
  const named = (names: string[]): string[] => names.filter((name) => name.includes(phone));
  return {
    mounts: named(mountsBelow(run).filter((at) => at.startsWith(`${run}/phones/`))),
    ports: portsOf(bridge),
    cgroups: named(cgroupRoots().flatMap((root) => folders(`${root}/ancloud-${hostId}`))),
    loops: loopsBelow(state, false),
    containers: named(list(`${run}/crun`)),
    folders: named([...list(`${state}/phones`), ...list(`${state}/state`), ...list(`${run}/phones`)]),
    processes: named(
      processes()
        .map(({ line }) => line)
        .filter((line) => line.includes(run) && !line.startsWith('dnsmasq')),
    ),
    guards: nftElements(bridge),
    leases: lines(`${run}/dnsmasq/leases`),
    openings: openingsOf(bridge),
  };
}

/** Same kinds, counted: what two phones in the same state have in common. */
export function countsOf(traces: Traces): Record<string, number> {
  return Object.fromEntries(
    Object.entries(traces).map(([kind, found]: [string, string[]]) => [kind, found.length]),
  );
}

/**
 * Takes away all that phones of this host have left, in the order in which it can go. Answers what there was; the image's
 * own mount counts only while no phone is left to stand on it.
 */
export function sweepHost(place: HostPlace): string[] {
  const { run, bridge, hostId } = place;
  const found = Object.entries(tracesOf(place)).flatMap(([kind, names]: [string, string[]]) =>
    names.map((name) => `${kind}: ${name}`),
  );
  const kill = (pid: number): void => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone between being listed and now.
    }
  };
  const pidsIn = (folder: string): number[] => [
    ...lines(`${folder}/cgroup.procs`).map(Number),
    ...folders(folder).flatMap(pidsIn),
  ];
  const cgroups = cgroupRoots().map((root) => `${root}/ancloud-${hostId}`);
  for (const { pid, line } of processes()) if (line.includes(run) && line.includes('phone-shim')) kill(pid);
  for (const cgroup of cgroups) thaw(cgroup);
  for (const cgroup of cgroups) for (const pid of pidsIn(cgroup)) kill(pid);
  for (const { pid, line } of processes()) if (line.includes(run) && pid !== process.pid) kill(pid);
  const removeTree = (folder: string): void => {
    folders(folder).forEach(removeTree);
    for (let tries = 0; tries < 100 && fs.existsSync(folder); tries += 1) {
      try {
        fs.rmdirSync(folder);
      } catch {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  };
  for (const cgroup of cgroups) if (fs.existsSync(cgroup)) removeTree(cgroup);
  for (const port of portsOf(bridge)) command('ip', 'link', 'delete', port);
  for (const at of mountsBelow(run).toReversed()) command('umount', '--', at);
  return found;
}

/** With cgroup v1 not even SIGKILL ends what is frozen. */
function thaw(folder: string): void {
  for (const at of [folder, ...folders(folder)])
    for (const [file, word] of [
      ['freezer.state', 'THAWED'],
      ['cgroup.freeze', '0'],
    ] as const)
      if (fs.existsSync(`${at}/${file}`)) fs.writeFileSync(`${at}/${file}`, word);
}

/** Begin of the names of a bridge's ports, learnt from those that were seen on it. */
const portPrefixes = new Map<string, string>();

/** Host's ends of cables: those on the bridge, and those of the same name that are on none. */
function portsOf(bridge: string): string[] {
  const on = list(`/sys/class/net/${bridge}/brif`);
  const prefix = on[0]?.replace(/\d+$/, '') ?? portPrefixes.get(bridge);
  if (prefix === undefined) return on;
  portPrefixes.set(bridge, prefix);
  return list('/sys/class/net').filter((name) => name.startsWith(prefix));
}

/** Mount points below a folder, in the order of mounting. */
export function mountsBelow(folder: string): string[] {
  return lines('/proc/self/mountinfo')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((at) => at.startsWith(`${folder}/`));
}

/** Mount points of all cgroup hierarchies. */
export function cgroupRoots(): string[] {
  return lines('/proc/self/mountinfo')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '');
}

/** Devices that the anti-spoofing table of a bridge guards. */
function nftElements(bridge: string): string[] {
  try {
    const text = execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' });
    const table = /netdev (\S+)/g;
    return [...text.matchAll(table)]
      .map(([, name]) => name ?? '')
      .filter((name) => name.includes(bridge))
      .flatMap((name) => [
        ...execFileSync('nft', ['list', 'table', 'netdev', name], { encoding: 'utf8' }).matchAll(
          /^\s*chain (\S+)/gm,
        ),
      ])
      .map(([, chain]) => chain ?? '');
  } catch {
    return [];
  }
}

/** Elements of the map that leads connections into phones. */
export function openingsOf(bridge: string): string[] {
  try {
    const argv = ['list', 'map', 'inet', `ancloud_${bridge}`, 'public_ports'];
    const text = execFileSync('nft', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...text.matchAll(/\w+ \. \d+ : [\d.]+ \. \d+/g)].map(([element]) => element);
  } catch {
    return [];
  }
}

function command(program: string, ...args: string[]): void {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
  } catch {
    // What cannot be taken away stays in the list of what was found.
  }
}

/** Paths of the folders in a folder. */
function folders(folder: string): string[] {
  return list(folder)
    .map((name) => `${folder}/${name}`)
    .filter((full) => fs.statSync(full, { throwIfNoEntry: false })?.isDirectory() === true);
}

function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function lines(file: string): string[] {
  try {
    return fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}
