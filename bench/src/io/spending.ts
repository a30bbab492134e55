import { cpuNs, familyOf } from './processes.js';
import type { Farm } from './farm.js';

/** CPU time by what it went to: each process of a farm, its children apart (mediasoup's workers), and the benchmark's own. */
export class Spending {
  readonly #pids: ReadonlyMap<string, readonly number[]>;
  readonly #before: ReadonlyMap<string, number>;

  /** Counts from now on. `own`: processes of the benchmark's by name. */
  static async of(farm: Farm, own: Readonly<Record<string, number>>): Promise<Spending> {
    const pids = new Map<string, number[]>(Object.entries(own).map(([name, pid]) => [name, [pid]]));
    for (const [name, pid] of await farm.pids()) {
      pids.set(name, [pid]);
      const children = familyOf(pid).slice(1);
      if (name === 'media-svc') pids.set('workers', children);
    }
    return new Spending(pids);
  }

  private constructor(pids: ReadonlyMap<string, readonly number[]>) {
    this.#pids = pids;
    this.#before = this.#read();
  }

  /** ms so far, the largest first. */
  get(): readonly (readonly [name: string, ms: number])[] {
    return [...this.#read()]
      .map(([name, ns]) => [name, (ns - (this.#before.get(name) ?? 0)) / 1e6] as const)
      .toSorted(([, a], [, b]) => b - a);
  }

  #read(): Map<string, number> {
    return new Map(
      [...this.#pids].map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + cpuNs(pid), 0)]),
    );
  }
}
