import { AppError } from '@ancloud/kit';
import { ownShape, type Shape } from '../core/rtp-parameters.js';
import { Branch } from './branch.js';
import type { PoolWorker, WorkerPool } from './worker-pool.js';

/** A branch without viewers is kept this long: a viewer who reconnects finds it, and a crowd that thins out does not flap. */
const EMPTY_MS = 10_000;
/** Shapes of one stream at a time. Browsers of one kind offer one; each costs a router and a pipe on the workers where it is used. */
export const MAX_SHAPES = 16;

/** One viewer's place: on a branch, and counted on its worker. Given up by `leave`, once. */
export interface Seat {
  readonly branch: Branch;
  leave(): void;
}

export interface BranchesOptions {
  readonly pool: Pick<WorkerPool, 'lend' | 'giveBack' | 'place' | 'full'>;
  /** A branch's worker died, the root's included; its viewers are the callee's to end. */
  readonly died: (branch: Branch) => void;
}

interface Entry {
  readonly worker: PoolWorker;
  readonly shape: Shape;
  readonly branch: Promise<Branch>;
  seats: number;
  timer?: NodeJS.Timeout;
}

/**
 * One stream over workers: the root and the branches it has spread to. Owned by its stream, which ends it by `close`; a branch
 * alone ends when it has been empty for 10 s, or with its worker.
 */
export class Branches {
  readonly #options: BranchesOptions;
  readonly root: Branch;
  /** In the order in which they were made, the root first: placing fills the first workers first. */
  readonly #entries = new Set<Entry>();
  /** Packets a second of each viewer. */
  #rate = 0;
  #closed = false;

  private constructor(options: BranchesOptions, root: Branch) {
    this.#options = options;
    this.root = root;
    this.#entries.add({ worker: root.worker, shape: ownShape, branch: Promise.resolve(root), seats: 0 });
  }

  /** Errors: CAPACITY while no worker lives, STREAM_FAILED. */
  static async create(options: BranchesOptions): Promise<Branches> {
    const worker = options.pool.lend();
    try {
      // Called after this has resolved: a router that could not be made has nobody to tell.
      const root: Branch = await Branch.create(worker, ownShape, () => branches.#died(root));
      const branches = new Branches(options, root);
      return branches;
    } catch (error) {
      options.pool.giveBack(worker);
      throw error;
    }
  }

  /** How many branches carry the stream, the root among them. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * A place for one viewer more, taken before anything is awaited: a crowd spreads as well as one by one.
   * Errors: CAPACITY while no worker lives or when there are too many shapes, STREAM_FAILED.
   */
  async seat(shape: Shape): Promise<Seat> {
    const entry = this.#entry(shape);
    const { worker } = entry;
    clearTimeout(entry.timer);
    entry.seats += 1;
    worker.viewers += 1;
    worker.packets += this.#rate;
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      worker.viewers -= 1;
      worker.packets -= this.#rate;
      this.#left(entry);
    };
    try {
      return { branch: await entry.branch, leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** No worker here has room for one viewer more. */
  get full(): boolean {
    return this.#options.pool.full(this.#rate);
  }

  /** From now on a viewer gets so many packets a second; those who sit stay where they are. */
  weigh(rate: number): void {
    for (const { worker, seats } of this.#entries) worker.packets += seats * (rate - this.#rate);
    this.#rate = rate;
  }

  /** Closes all routers. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const entry of this.#entries) this.#drop(entry);
    this.#options.pool.giveBack(this.root.worker);
  }

  #entry(shape: Shape): Entry {
    const all = [...this.#entries];
    const worker = this.#options.pool.place([...new Set(all.map((entry) => entry.worker))], this.#rate);
    const found = all.find((entry) => entry.worker === worker && entry.shape.key === shape.key);
    if (found !== undefined) return found;
    const shapes = new Set(all.map((entry) => entry.shape.key)).add(shape.key);
    if (shapes.size > MAX_SHAPES) {
      throw new AppError(
        'CAPACITY',
        `viewers of this phone use ${MAX_SHAPES} sets of payload types already`,
        {
          field: 'offer',
          fix: 'offer H.264 and Opus under the payload types that common browsers use',
        },
      );
    }
    const branch = Branch.create(worker, shape, (dead) => this.#died(dead));
    const entry: Entry = { worker, shape, branch, seats: 0 };
    this.#entries.add(entry);
    branch.catch(() => this.#entries.delete(entry));
    return entry;
  }

  #left(entry: Entry): void {
    entry.seats -= 1;
    if (entry.seats > 0 || !this.#entries.has(entry)) return;
    if (entry.worker === this.root.worker && entry.shape === ownShape) return;
    entry.timer = setTimeout(() => this.#drop(entry), EMPTY_MS);
  }

  #drop(entry: Entry): void {
    clearTimeout(entry.timer);
    this.#entries.delete(entry);
    entry.branch.then(
      (branch) => branch.close(),
      () => undefined,
    );
  }

  #died(branch: Branch): void {
    for (const entry of this.#entries) {
      if (entry.worker !== branch.worker) continue;
      clearTimeout(entry.timer);
      this.#entries.delete(entry);
    }
    if (!this.#closed) this.#options.died(branch);
  }
}
