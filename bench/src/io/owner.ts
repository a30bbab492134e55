import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What a farm or a lone host of a benchmark is told, which is all that is needed to remove it. */
export interface Place {
  readonly kind: 'farm' | 'host';
  readonly home: string;
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Claim {
  readonly pid: number;
  /** Field 22 of its /proc/PID/stat (proc(5)): pids are used again. */
  readonly startTime: string;
  readonly place: Place;
}

const PREFIX = 'ancloud-bench-';
const FILE = 'bench-run.json';

/** A folder for a place of this run. */
export function makeHome(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), PREFIX));
}

/** Says in its home whose a place is, so that a later run knows it for an orphan when this one is killed. */
export function claim(place: Place, pid = process.pid, startTime = startTimeOf(pid) ?? ''): void {
  const text: Claim = { pid, startTime, place };
  fs.writeFileSync(path.join(place.home, FILE), JSON.stringify(text));
}

/** Places of runs that were killed; each is given to one caller only. */
export function takeOrphans(folder = os.tmpdir()): Place[] {
  return fs
    .readdirSync(folder)
    .filter((name) => name.startsWith(PREFIX))
    .flatMap((name) => takeOrphan(path.join(folder, name)) ?? []);
}

function takeOrphan(home: string): Place | undefined {
  const file = path.join(home, FILE);
  try {
    const { pid, startTime, place } = JSON.parse(fs.readFileSync(file, 'utf8')) as Claim;
    if (startTimeOf(pid) === startTime) return undefined;
    fs.renameSync(file, `${file}.taken`);
    return place;
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
