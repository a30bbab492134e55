import fs from 'node:fs';
import path from 'node:path';
import type { FarmAddress } from './farm.js';

/** The test run that a farm belongs to. */
export interface Owner {
  readonly pid: number;
  /** Field 22 of its /proc/PID/stat (proc(5)): pids are used again. */
  readonly startTime: string;
}

interface Claim {
  readonly owner: Owner;
  readonly address: FarmAddress;
}

const FILE = 'test-run.json';

export function thisRun(): Owner {
  return { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' };
}

/** Says in the farm's home whose it is, so that a later run knows it for an orphan when its owner is killed. */
export function claim(address: FarmAddress, owner: Owner): void {
  const text: Claim = { owner, address };
  fs.writeFileSync(path.join(address.home, FILE), JSON.stringify(text));
}

/** The farm of a run that is dead; undefined when its owner lives, or another run has taken it. */
export function takeOrphan(home: string): FarmAddress | undefined {
  const file = path.join(home, FILE);
  try {
    const { owner, address } = JSON.parse(fs.readFileSync(file, 'utf8')) as Claim;
    if (startTimeOf(owner.pid) === owner.startTime) return undefined;
    fs.renameSync(file, `${file}.taken`);
    return address;
  } catch {
    return undefined;
  }
}

function startTimeOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
