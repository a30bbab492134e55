import fs from 'node:fs';
import path from 'node:path';
import { snapshotIdPattern } from '@ancloud/contracts';
import { Profile, profileFromJSON, profileToJSON } from '@ancloud/contracts/common/v1/common';
import { AppError, type Clock, type Exec, syncFolder, writeJsonAtomic } from '@ancloud/kit';
import type { Faults } from './faults.js';
import { mountSquashfs, unmountLoop } from './loop-mounts.js';
import { isMounted, usersOfMount } from './mounts.js';
import type { Paths } from './paths.js';

/** The data of a phone as it once was: a squashfs with ids as the phone sees them, and this beside it. */
export interface StoredSnapshot {
  readonly snapshotId: string;
  readonly owner: string;
  readonly name: string;
  /** The phone it was taken of, and what that ran. */
  readonly phoneId: string;
  readonly imageId: string;
  readonly profile: Profile;
  /** Of the squashfs. */
  readonly size: number;
  readonly sha256: string;
  readonly createdAtMs: number;
}

export interface SnapshotStoreOptions {
  readonly paths: Paths;
  /** ancloud-hostcap, given its verb. */
  readonly hostcap: Exec;
  readonly clock: Clock;
  readonly faults: Faults;
}

/**
 * Snapshots on this host. Files are content-addressed: several snapshots with the same bytes share one, which goes with the
 * last of them. Mounting, unmounting and removing are serial over the whole store.
 */
export class SnapshotStore {
  readonly #snapshots = new Map<string, StoredSnapshot>();
  readonly #listeners = new Set<() => void>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SnapshotStoreOptions) {}

  get folder(): string {
    return this.options.paths.snapshots;
  }

  /** Reads the store; files without meta, metas without file and mounts on which nobody stands are the rest of a kill. */
  async load(): Promise<void> {
    const { paths } = this.options;
    fs.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    for (const name of fs.readdirSync(this.folder)) {
      const id = name.replace(/\.json$/, '');
      const meta = snapshotIdPattern.test(id) ? readMeta(path.join(this.folder, name)) : undefined;
      if (meta?.snapshotId === id && fs.existsSync(paths.snapshotFile(meta.sha256)))
        this.#snapshots.set(id, meta);
    }
    await this.release();
    const known = new Set(
      this.list().flatMap(({ snapshotId, sha256 }) => [`${snapshotId}.json`, `${sha256}.sqfs`]),
    );
    for (const name of fs.readdirSync(this.folder))
      if (!known.has(name)) fs.rmSync(path.join(this.folder, name), { recursive: true, force: true });
    await syncFolder(this.folder);
  }

  /** Newest first. */
  list(): StoredSnapshot[] {
    return [...this.#snapshots.values()].toSorted(
      (a, b) => b.createdAtMs - a.createdAtMs || (a.snapshotId < b.snapshotId ? -1 : 1),
    );
  }

  get(snapshotId: string): StoredSnapshot | undefined {
    return this.#snapshots.get(snapshotId);
  }

  /** Errors: SNAPSHOT_NOT_FOUND. */
  need(snapshotId: string, doing: string): StoredSnapshot {
    const found = this.#snapshots.get(snapshotId);
    if (found !== undefined) return found;
    throw new AppError('SNAPSHOT_NOT_FOUND', `${doing}: this host does not have the snapshot ${snapshotId}`, {
      field: 'snapshot_id',
      value: snapshotId,
    });
  }

  /** Called after each snapshot that came or went. Returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a synced file of this folder: it is renamed. The meta is written last. */
  add(file: string, snapshot: StoredSnapshot): Promise<void> {
    return this.#serial(async () => {
      const { paths } = this.options;
      const target = paths.snapshotFile(snapshot.sha256);
      // The same bytes may be mounted: the file that is there stays.
      if (fs.existsSync(target)) fs.rmSync(file);
      else fs.renameSync(file, target);
      await syncFolder(this.folder);
      const meta = { ...snapshot, profile: profileToJSON(snapshot.profile) };
      await writeJsonAtomic(paths.snapshotMeta(snapshot.snapshotId), meta);
      this.#snapshots.set(snapshot.snapshotId, snapshot);
      this.#changed();
    });
  }

  /** `usedBy` is asked in the store's own turn. Errors: SNAPSHOT_NOT_FOUND; SNAPSHOT_IN_USE naming phones. */
  remove(snapshotId: string, usedBy: () => readonly string[]): Promise<void> {
    return this.#serial(async () => {
      const { paths, faults, clock } = this.options;
      const doing = `removing ${snapshotId}`;
      const { sha256 } = this.need(snapshotId, doing);
      const phones = usedBy();
      if (phones.length > 0)
        throw new AppError(
          'SNAPSHOT_IN_USE',
          `${doing}: the data of ${phones.slice(0, 5).join(', ')} lies on it`,
          {
            field: 'snapshot_id',
            value: snapshotId,
            fix: 'delete those phones, or reset them, first',
          },
        );
      faults('removeSnapshot', 'before');
      // The meta first: what is left by a kill in between is swept by load().
      fs.rmSync(paths.snapshotMeta(snapshotId), { force: true });
      faults('removeSnapshot', 'inside');
      this.#snapshots.delete(snapshotId);
      if (!this.list().some((other) => other.sha256 === sha256)) {
        const target = paths.snapshotMount(sha256);
        if (isMounted(target)) await unmountLoop(paths.snapshotFile(sha256), target, clock);
        fs.rmSync(paths.snapshotFile(sha256), { force: true });
      }
      await syncFolder(this.folder);
      this.#changed();
      faults('removeSnapshot', 'after');
    });
  }

  /** Mounts the snapshot, and runs `stand` while nobody can unmount it: what that mounts upon it keeps it mounted. */
  mounted(
    snapshotId: string,
    fds: readonly number[],
    stand: (target: string) => Promise<void>,
  ): Promise<void> {
    return this.#serial(async () => {
      const { paths, hostcap } = this.options;
      const { sha256 } = this.need(snapshotId, 'mounting data');
      const target = paths.snapshotMount(sha256);
      await mountSquashfs(hostcap, paths.snapshotFile(sha256), target, fds);
      await stand(target);
    });
  }

  /** Unmounts those on which nobody stands. Errors: STEP_FAILED naming a loop device that stays. */
  release(): Promise<void> {
    return this.#serial(async () => {
      const { paths, clock } = this.options;
      if (!fs.existsSync(paths.snapshotMounts)) return;
      for (const sha256 of fs.readdirSync(paths.snapshotMounts)) {
        const target = paths.snapshotMount(sha256);
        if (usersOfMount(target) === 0) await unmountLoop(paths.snapshotFile(sha256), target, clock);
      }
    });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #serial<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => {});
    return result;
  }
}

function readMeta(file: string): StoredSnapshot | undefined {
  try {
    const raw = JSON.parse(fs.readFileSync(file, 'utf8')) as StoredSnapshot;
    const profile = profileFromJSON(raw.profile);
    const whole = /^[0-9a-f]{64}$/.test(raw.sha256) && profile !== Profile.UNRECOGNIZED;
    return whole ? { ...raw, profile } : undefined;
  } catch {
    return undefined;
  }
}
