import fs from 'node:fs';
import { formatCpuList, parseCpuList } from '@ancloud/kit';
import { apart } from '../core/cores.js';
import { command } from './command.js';

interface Pinned {
  readonly pid: number;
  /** Where it might run. */
  readonly before: string;
}

/** Processes on cores of their own for as long as it lasts; `end` lets those that still live go where they were. */
export class Pinning {
  readonly #pinned: readonly Pinned[];
  /** What was done, for people. */
  readonly said: string;

  private constructor(pinned: readonly Pinned[], said: string) {
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
    const others = formatCpuList(cores.others);
    return new Pinning(
      [...(await pinAll(measured, String(cores.measured))), ...(await pinAll(load, others))],
      `workers on core ${cores.measured}, generators on ${others} (taskset)`,
    );
  }

  /** Phones are kept off the last core, as ANCLOUD_PHONE_CPUS does; the services run where they like. With one core nothing is done. */
  static async keepOff(phones: readonly number[]): Promise<Pinning> {
    const cores = apart(parseCpuList(allowed(process.pid)) ?? []);
    if (cores === undefined) return new Pinning([], 'phones and services share the one core there is');
    const others = formatCpuList(cores.others);
    return new Pinning(await pinAll(phones, others), `phones on core ${others} (taskset), services on all`);
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

async function pinAll(pids: readonly number[], cores: string): Promise<Pinned[]> {
  const pinned = pids.map((pid) => ({ pid, before: allowed(pid) }));
  for (const { pid } of pinned) await pin(pid, cores);
  return pinned;
}

/** All threads of it, which what they start inherits (sched_setaffinity(2)). */
async function pin(pid: number, cores: string): Promise<void> {
  await command(['taskset', '--all-tasks', '--cpu-list', '--pid', cores, String(pid)]);
}
