import fs from 'node:fs';
import path from 'node:path';
import type { FarmAddress } from './farm-address.js';

export interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly line: string;
}

/** All processes of this machine. */
export function processes(): ProcessLine[] {
  return fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        // Field 4 of stat, after the name in parentheses, is the parent (proc(5)).
        const stat = fs.readFileSync(`/proc/${entry}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const line = fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(entry), parent, line }];
      } catch {
        return [];
      }
    });
}

export function childrenOf(pid: number): ProcessLine[] {
  return processes().filter(({ parent }) => parent === pid);
}

/** Host pid of a phone's init: the child of its shim that is not crun. */
export function initPidOf(farm: FarmAddress, phone: string): number {
  const shim = processes().find(({ line }) => line.includes('phone-shim') && line.includes(phone));
  if (shim === undefined) throw new Error(`no shim of ${phone} below ${path.basename(farm.run)}`);
  const init = childrenOf(shim.pid).find(({ line }) => line.includes('/init'));
  if (init === undefined)
    throw new Error(`the shim of ${phone} has no init: ${JSON.stringify(childrenOf(shim.pid))}`);
  return init.pid;
}
