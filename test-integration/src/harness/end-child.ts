import type { ChildProcess } from 'node:child_process';
import { PATIENCE_MS } from './eventually.js';

/** Resolves when the process is gone, by `signal` or, when it has not heard that, by SIGKILL. One that is gone already is no error. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await gone;
  clearTimeout(late);
}
