import fs from 'node:fs';
import { phoneIdPattern } from '@ancloud/contracts';
import { Desired } from '@ancloud/contracts/common/v1/common';
import { AppError, type Log, readJson, removeFile, removeTemporaries, writeJsonAtomic } from '@ancloud/kit';
import type { Fence, Target } from '../core/target.js';
import type { Faults } from './faults.js';
import type { Paths } from './paths.js';

interface Tombstone {
  readonly epoch: number;
  readonly revision: number;
  readonly atMs: number;
}

const KEEP_TOMBSTONES_MS = 30 * 24 * 3_600_000;

/** Targets and tombstones on this host's disk: what survives everything. Only this class touches those files. */
export class TargetStore {
  readonly #targets = new Map<string, Target>();
  readonly #tombstones = new Map<string, Tombstone>();

  constructor(
    private readonly paths: Paths,
    private readonly faults: Faults,
    private readonly log: Log,
  ) {}

  /** A file that cannot be read is left where it is and named in the log: its phone is neither started nor removed. */
  async load(nowMs: number): Promise<void> {
    for (const dir of [this.paths.targets, this.paths.tombstones]) {
      fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
      removeTemporaries(dir);
    }
    for (const phone of idsIn(this.paths.targets)) {
      try {
        const target = await readJson(this.paths.target(phone), parseTarget);
        if (target !== undefined) this.#targets.set(phone, target);
      } catch (err) {
        this.log.error({ phone, err }, 'the target of a phone cannot be read');
      }
    }
    for (const phone of idsIn(this.paths.tombstones)) {
      const tombstone = await readJson(this.paths.tombstone(phone), parseTombstone).catch(() => undefined);
      if (tombstone === undefined || nowMs - tombstone.atMs > KEEP_TOMBSTONES_MS)
        await removeFile(this.paths.tombstone(phone));
      else this.#tombstones.set(phone, tombstone);
    }
  }

  all(): ReadonlyMap<string, Target> {
    return this.#targets;
  }

  get(phone: string): Target | undefined {
    return this.#targets.get(phone);
  }

  tombstone(phone: string): Tombstone | undefined {
    return this.#tombstones.get(phone);
  }

  /** On disk before anything is done about it. */
  async save(phone: string, target: Target): Promise<void> {
    this.faults('saveTarget', 'before');
    await writeJsonAtomic(this.paths.target(phone), { ...target, desired: Desired.toJSON(target.desired) });
    this.faults('saveTarget', 'inside');
    this.#targets.set(phone, target);
    if (this.#tombstones.delete(phone)) await removeFile(this.paths.tombstone(phone));
    this.faults('saveTarget', 'after');
  }

  /** The phone's end: the tombstone stands before the target goes, so that nothing deleted returns. */
  async bury(phone: string, atMs: number, between: () => void): Promise<void> {
    const target = this.#targets.get(phone);
    if (target === undefined) return;
    if (target.managedBy === 'farm') {
      const tombstone = { epoch: target.desired.epoch, revision: target.desired.revision, atMs };
      await writeJsonAtomic(this.paths.tombstone(phone), tombstone);
      this.#tombstones.set(phone, tombstone);
    }
    between();
    await removeFile(this.paths.target(phone));
    this.#targets.delete(phone);
  }
}

function idsIn(folder: string): string[] {
  return fs.readdirSync(folder).flatMap((name) => {
    const phone = name.replace(/\.json$/, '');
    return name.endsWith('.json') && phoneIdPattern.test(phone) ? [phone] : [];
  });
}

function parseTarget(value: unknown): Target {
  const raw = value as { desired?: unknown; managedBy?: unknown; slot?: unknown; fencedBy?: Fence };
  const desired = Desired.fromJSON(raw.desired);
  const { managedBy, slot, fencedBy } = raw;
  if ((managedBy !== 'farm' && managedBy !== 'local') || typeof slot !== 'number' || desired.phoneId === '')
    throw new AppError('MESSAGE_MALFORMED', 'the target lacks desired.phoneId, managedBy or slot');
  return { desired, managedBy, slot, ...(fencedBy === undefined ? {} : { fencedBy }) };
}

function parseTombstone(value: unknown): Tombstone {
  const { epoch, revision, atMs } = value as Tombstone;
  if (typeof epoch !== 'number' || typeof revision !== 'number' || typeof atMs !== 'number')
    throw new TypeError('not a tombstone');
  return { epoch, revision, atMs };
}
