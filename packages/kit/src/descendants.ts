import fs from 'node:fs';

/** Everything that `pid` has started and that still lives below it, those farthest down first. A snapshot. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (at: number): number[] =>
    (children.get(at) ?? []).flatMap((child) => [...below(child), child]);
  return below(pid);
}

/** SIGKILL for everything below `pid`, not for itself: it collects them and ends by itself. */
export function killDescendants(pid: number): void {
  for (const child of descendantsOf(pid)) {
    try {
      process.kill(child, 'SIGKILL');
    } catch {
      // ESRCH: it has ended meanwhile, which is what was wanted.
    }
  }
}

/** Field 4 of /proc/PID/stat; undefined when the process is gone. */
function parentOf(pid: string): number | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything, also blanks and parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
