import fs from 'node:fs';
import { phoneIdPattern } from '@ancloud/contracts';
import type { Condition } from '@ancloud/contracts/common/v1/common';
import {
  type AppError,
  asAppError,
  type Log,
  readJson,
  removeFile,
  removeTemporaries,
  writeJsonAtomic,
} from '@ancloud/kit';
import type { Target } from '../core/target.js';
import { readTarget, slotOf, STATE_VERSION, targetFile } from '../core/target-file.js';
import type { Faults } from './faults.js';
import type { Paths } from './paths.js';

interface Tombstone {
  readonly epoch: number;
  readonly revision: number;
  readonly atMs: number;
}

/** A target that is there and cannot be read. */
interface Unread {
  readonly error: AppError;
  /** Of the host's subnet, where the file still says it. */
  readonly slot: number | undefined;
}

const KEEP_TOMBSTONES_MS = 30 * 24 * 3_600_000;

/** Targets and tombstones on this host's disk: what survives everything. Only this class touches those files. */
export class TargetStore {
  readonly #targets = new Map<string, Target>();
  readonly #tombstones = new Map<string, Tombstone>();
  readonly #unread = new Map<string, Unread>();

  constructor(
    private readonly paths: Paths,
    private readonly faults: Faults,
    private readonly log: Log,
  ) {}

  /**
   * A file that cannot be read, or is a newer container-svc's, is left as it is and named by `condition`: its phone is neither started
   * nor removed. Those of older ones are written as this one writes them.
   */
  async load(nowMs: number): Promise<void> {
    for (const dir of [this.paths.targets, this.paths.tombstones]) {
      fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
      removeTemporaries(dir);
    }
    for (const phone of idsIn(this.paths.targets)) {
      let slot: number | undefined;
      try {
        const value = await readJson(this.paths.target(phone), (json) => json);
        slot = slotOf(value);
        const { target, version } = readTarget(value);
        if (version < STATE_VERSION) await writeJsonAtomic(this.paths.target(phone), targetFile(target));
        this.#targets.set(phone, target);
      } catch (err) {
        this.#unread.set(phone, { error: asAppError(err), slot });
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

  /** Slots of phones that may run, though their targets cannot be read. */
  get unreadSlots(): number[] {
    return [...this.#unread.values()].flatMap(({ slot }) => (slot === undefined ? [] : [slot]));
  }

  get condition(): Condition {
    const [first] = this.#unread;
    if (first === undefined) return { type: 'PhonesUnread', active: false, message: '' };
    const phones = [...this.#unread.keys()].join(', ');
    const [, { error }] = first;
    const message = `${phones}: nothing is done about them, since ${error.message}; ${error.fix ?? `see ${this.paths.targets}`}`;
    return { type: 'PhonesUnread', active: true, message };
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

  /** On disk before anything is done about it. Errors: that of reading, when a file is there that could not be read; DISK_FULL. */
  async save(phone: string, target: Target): Promise<void> {
    const unread = this.#unread.get(phone);
    if (unread !== undefined) throw unread.error;
    this.faults('saveTarget', 'before');
    await writeJsonAtomic(this.paths.target(phone), targetFile(target));
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

function parseTombstone(value: unknown): Tombstone {
  const { epoch, revision, atMs } = value as Tombstone;
  if (typeof epoch !== 'number' || typeof revision !== 'number' || typeof atMs !== 'number')
    throw new TypeError('not a tombstone');
  return { epoch, revision, atMs };
}
