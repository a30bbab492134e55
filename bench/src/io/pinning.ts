import fs from 'node:fs';
import { parseCpuList } from '@ancloud/kit';
import { apart } from '../core/cores.js';
import { command } from './command.js';

/** Processes on cores of their own for as long as it lasts; `end` lets those that still live go where they were. */
export class Pinning {
  readonly #pinned: readonly { readonly pid: number; readonly before: string }[];
  /** What was done, for people. */
  readonly said: string;

  private constructor(pinned: readonly { readonly pid: number; readonly before: string }[], said: string) {
    this.#pinned = pinned;
    this.said = said;
  }

  /**
   * What is measured gets the last core that this process may use, what makes its load all others: so neither waits for the other, and a
   * packet costs what it costs where each has a core. With one core nothing is done.
   */
  static async apart(measured: readonly number[], load: readonly number[]): Promise<Pinning> {
    const cores = apart(parseCpuList(allowed(process.pid)) ?? []);
    if (cores === undefined) return new Pinning([], 'workers and generators share the one core there is');
    const pinned = [...measured, ...load].map((pid) => ({ pid, before: allowed(pid) }));
    for (const pid of measured) await pin(pid, String(cores.measured));
    for (const pid of load) await pin(pid, cores.others.join(','));
    return new Pinning(
      pinned,
      `workers on core ${cores.measured}, generators on ${cores.others.join(', ')} (taskset)`,
    );
  }

  async end(): Promise<void> {
    for (const { pid, before } of this.#pinned)
      if (fs.existsSync(`/proc/${pid}`)) await pin(pid, before).catch(() => undefined);
  }
}

function allowed(pid: number): string {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '';
}

/** All threads of it, which what they start inherits (sched_setaffinity(2)). */
async function pin(pid: number, cores: string): Promise<void> {
  await command(['taskset', '--all-tasks', '--cpu-list', '--pid', cores, String(pid)]);
}
