import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { FarmAddress } from './farm-address.js';

/** Everything on this machine that belongs to the farm's phone, by kind; each list empty when the phone is gone. */
export interface Leftovers {
  readonly mounts: string[];
  readonly namespaces: string[];
  readonly interfaces: string[];
  readonly cgroups: string[];
  readonly loops: string[];
  readonly containers: string[];
  readonly folders: string[];
  readonly processes: string[];
}

/** Looks for whatever names the phone's id, or lies in its folders, the way an operator would. */
export function leftoversOf(farm: FarmAddress, phone: string): Leftovers {
  const short = phone.replace(/^ph_/, '');
  const names = (text: string): boolean => text.includes(phone) || text.includes(short);
  const lines = (file: string): string[] => fs.readFileSync(file, 'utf8').split('\n').filter(names);
  return {
    mounts: lines('/proc/self/mountinfo'),
    namespaces: list('/run/netns').filter(names),
    interfaces: execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' }).split('\n').filter(names),
    cgroups: cgroupsNaming(names),
    loops: loopsBelow(farm.home, true),
    containers: list('/run/crun').filter(names),
    folders: [
      ...list(path.join(farm.home, 'phones')),
      ...list(path.join(farm.home, 'state')),
      ...list(path.join(farm.run, 'phones')),
      ...list(path.join(farm.run, 'doors')),
    ].filter(names),
    processes: processesNaming(phone),
  };
}

/** True for nothing at all. */
export function nothing(left: Leftovers): boolean {
  return Object.values(left).every((entries: string[]) => entries.length === 0);
}

/** Backing files of loop devices below a folder; `deleted`: only those whose file is gone, which nothing can use. */
export function loopsBelow(folder: string, deleted: boolean): string[] {
  return list('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .flatMap((name) => {
      try {
        return [fs.readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trim()];
      } catch {
        return [];
      }
    })
    .filter((file) => file.startsWith(folder) && (!deleted || file.endsWith('(deleted)')));
}

function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function cgroupsNaming(names: (text: string) => boolean): string[] {
  const found: string[] = [];
  const walk = (folder: string, depth: number): void => {
    for (const entry of list(folder)) {
      const full = path.join(folder, entry);
      if (!fs.statSync(full, { throwIfNoEntry: false })?.isDirectory()) continue;
      if (names(entry)) found.push(full);
      else if (depth < 5) walk(full, depth + 1);
    }
  };
  walk('/sys/fs/cgroup', 0);
  return found;
}

function processesNaming(phone: string): string[] {
  return list('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(phone) && Number(pid) !== process.pid ? [`${pid} ${line}`] : [];
      } catch {
        return [];
      }
    });
}
