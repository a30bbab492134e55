import fs from 'node:fs';
import path from 'node:path';
import type { Farm } from './farm.js';

/** A farm's processes as they were before somebody tried what must not harm them. */
export class Unharmed {
  readonly #farm: Farm;
  readonly #processes: readonly string[];
  /** Another file of the tier kills some, and may have run before this one. */
  readonly #deadBefore: number;

  private constructor(farm: Farm, processes: readonly string[]) {
    this.#farm = farm;
    this.#processes = processes;
    this.#deadBefore = deadWorkers(farm);
  }

  static async since(farm: Farm): Promise<Unharmed> {
    return new Unharmed(farm, await processesOf(farm));
  }

  /** What has been started again since: services by name and new pid, media workers by how many. */
  async startedAgain(): Promise<string[]> {
    const services = (await processesOf(this.#farm)).filter((one) => !this.#processes.includes(one));
    const dead = deadWorkers(this.#farm) - this.#deadBefore;
    return dead === 0 ? services : [...services, `${dead} media workers`];
  }
}

const processesOf = async (farm: Farm): Promise<string[]> =>
  (await farm.supervisor()).map(({ name, pid }) => `${name} ${pid}`);

function deadWorkers(farm: Farm): number {
  const log = fs.readFileSync(path.join(farm.address.home, 'logs/media-svc.log'), 'utf8');
  return log.split('a media worker died').length - 1;
}
