import fs from 'node:fs';

/** Start time (field 22 of /proc/PID/stat, clock ticks after boot) of a process that lives; undefined for none and for zombies. */
export function startTimeOf(pid: number): number | undefined {
  let stat: string;
  try {
    stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name in parentheses may hold anything, also blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
}

/** True when `pid` is still the process that began at `startTime`: pids are used again. */
export function isAlive(pid: number, startTime: number): boolean {
  return pid > 0 && startTimeOf(pid) === startTime;
}

/** The kernel's function that a process sleeps in (proc_pid_wchan(5)); `?` when it is gone or the kernel does not tell. */
export function waitsIn(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/wchan`, 'latin1') || '?';
  } catch {
    return '?';
  }
}

/** This boot of the machine; records of another one name processes that are all gone. */
export function hostBootId(): string {
  return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** True when something was sent a signal. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
