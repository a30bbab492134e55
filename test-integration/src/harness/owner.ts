import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The test run that a farm or a host belongs to. */
export interface Owner {
  readonly pid: number;
  /** Field 22 of its /proc/PID/stat (proc(5)): pids are used again. */
  readonly startTime: string;
}

interface Claim<A> {
  readonly owner: Owner;
  readonly address: A;
}

const FILE = 'test-run.json';

export function thisRun(): Owner {
  return { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' };
}

/**
 * Says in the home of a farm or host whose it is, so that a later run knows it for an orphan when its owner is killed. `address`: all
 * that is needed to remove it.
 */
export function claim<A>(home: string, address: A, owner: Owner): void {
  const text: Claim<A> = { owner, address };
  fs.writeFileSync(path.join(home, FILE), JSON.stringify(text));
}

/** What a run that is dead has claimed; undefined when its owner lives, or another run has taken it. */
export function takeOrphan<A>(home: string): A | undefined {
  const file = path.join(home, FILE);
  try {
    const { owner, address } = JSON.parse(fs.readFileSync(file, 'utf8')) as Claim<A>;
    if (startTimeOf(owner.pid) === owner.startTime) return undefined;
    fs.renameSync(file, `${file}.taken`);
    return address;
  } catch {
    return undefined;
  }
}

/** Homes that tests have made on this machine, by the begin of their names. */
export function homesOf(prefix: string): string[] {
  const folder = os.tmpdir();
  return fs
    .readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => path.join(folder, name));
}

function startTimeOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
