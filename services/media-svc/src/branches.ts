import { Branch } from './branch.js';
import { mediaCodecs } from './core/rtp-parameters.js';
import type { PoolWorker, WorkerPool } from './worker-pool.js';

/** A branch without viewers is kept this long: a viewer who reconnects finds it, and a crowd that thins out does not flap. */
const EMPTY_MS = 10_000;

/** One viewer's place: on a branch, and counted on its worker. Given up by `leave`, once. */
export interface Seat {
  readonly branch: Branch;
  leave(): void;
}

export interface BranchesOptions {
  readonly pool: WorkerPool;
  /** A branch's worker died, the root's included; its viewers are the callee's to end. */
  readonly died: (branch: Branch) => void;
}

/**
 * One stream over workers: the root and the branches it has spread to. Owned by its stream, which ends it by `close`; a branch
 * alone ends when it has been empty for 10 s, or with its worker.
 */
export class Branches {
  readonly #options: BranchesOptions;
  readonly root: Branch;
  /** By worker. In the order in which they were made: placing fills the first ones first. */
  readonly #branches = new Map<
    PoolWorker,
    { branch: Promise<Branch>; seats: number; timer?: NodeJS.Timeout }
  >();
  #closed = false;

  private constructor(options: BranchesOptions, root: Branch) {
    this.#options = options;
    this.root = root;
    this.#branches.set(root.worker, { branch: Promise.resolve(root), seats: 0 });
  }

  /** Errors: CAPACITY while no worker lives, STREAM_FAILED. */
  static async create(options: BranchesOptions): Promise<Branches> {
    const worker = options.pool.lend();
    try {
      // Called after this has resolved: a router that could not be made has nobody to tell.
      const root: Branch = await Branch.create(worker, mediaCodecs, () => branches.#died(root));
      const branches = new Branches(options, root);
      return branches;
    } catch (error) {
      options.pool.giveBack(worker);
      throw error;
    }
  }

  /** How many workers carry the stream. */
  get size(): number {
    return this.#branches.size;
  }

  /** A place for one viewer more, taken before anything is awaited: a crowd spreads as well as one by one. Errors: CAPACITY, STREAM_FAILED. */
  async seat(): Promise<Seat> {
    const worker = this.#options.pool.place([...this.#branches.keys()]);
    let entry = this.#branches.get(worker);
    if (entry === undefined) {
      const branch = Branch.create(worker, mediaCodecs, (dead) => this.#died(dead));
      entry = { branch, seats: 0 };
      this.#branches.set(worker, entry);
      branch.catch(() => this.#branches.delete(worker));
    }
    const { branch } = entry;
    clearTimeout(entry.timer);
    entry.seats += 1;
    worker.viewers += 1;
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      worker.viewers -= 1;
      this.#left(worker);
    };
    try {
      return { branch: await branch, leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Closes all routers. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { branch, timer } of this.#branches.values()) {
      clearTimeout(timer);
      branch.then(
        (one) => one.close(),
        () => undefined,
      );
    }
    this.#branches.clear();
    this.#options.pool.giveBack(this.root.worker);
  }

  #left(worker: PoolWorker): void {
    const entry = this.#branches.get(worker);
    if (entry === undefined) return;
    entry.seats -= 1;
    if (entry.seats > 0 || worker === this.root.worker) return;
    entry.timer = setTimeout(() => {
      this.#branches.delete(worker);
      entry.branch.then(
        (branch) => branch.close(),
        () => undefined,
      );
    }, EMPTY_MS);
  }

  #died(branch: Branch): void {
    const entry = this.#branches.get(branch.worker);
    clearTimeout(entry?.timer);
    this.#branches.delete(branch.worker);
    if (!this.#closed) this.#options.died(branch);
  }
}
