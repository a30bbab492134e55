import fs from 'node:fs';
import { AppError, removeTemporaries, writeJsonAtomic } from '@ancloud/kit';
import type { Identity } from '../core/observed.js';
import type { PhoneFiles, Paths } from './paths.js';
import type { PhoneDisks } from './phone-disk.js';
import { syncFileSystem } from './syscalls.js';

const SYSTEM = 1000;

/** What a step hands on: the lock's descriptor for helpers, and where faults are injected. */
export interface StorageCall {
  readonly fds: readonly number[];
  readonly inside: () => void;
}

/** A phone's directories on the state disk. Each call may be repeated after a kill at any point. */
export class PhoneStorage {
  constructor(
    private readonly paths: Paths,
    private readonly disks: PhoneDisks,
  ) {}

  /** identity.json comes last: without it the storage is `partial` and is completed by the next call. */
  async make(phone: string, identity: Identity, { fds, inside }: StorageCall): Promise<void> {
    const storage = this.paths.storage(phone);
    fs.mkdirSync(storage.root, { recursive: true });
    // A phone without a user namespace can leave setuid programs that are root's own: no user of the host may reach them.
    // One with a user namespace must reach its data as an unprivileged id.
    fs.chmodSync(storage.root, identity.userns ? 0o711 : 0o700);
    makeDir(storage.log, 0o700, 0);
    await this.#begin(phone, identity, { fds, inside });
    await writeJsonAtomic(storage.identity, identity);
  }

  /** Mounts the phone's own disk with the folders on it that it fills. */
  async mountDisk(phone: string, identity: Identity, { fds, inside }: StorageCall): Promise<void> {
    await this.disks.mount(phone, fds, inside);
    this.#makeFiles(phone, identity);
  }

  /** An upper belongs to the lower it was made over: with another image below its content is undefined. Data stays. */
  async resetUpper(phone: string, identity: Identity, inside: () => void): Promise<void> {
    const files = this.paths.files(phone, identity);
    fs.rmSync(files.upper, { recursive: true, force: true });
    fs.rmSync(files.work, { recursive: true, force: true });
    inside();
    makeUpper(files, identity.userns ? identity.base : 0);
    // It may lie on the phone's own disk: identity.json must not tell of the new image while the old upper could come back.
    await syncFileSystem(files.upper);
    await this.note(phone, identity);
  }

  /**
   * Factory reset or restore: nothing of data, upper and work stays. identity.json tells of it only when that was seen, so a
   * killed one is done again from the beginning. Errors: STEP_FAILED naming what could not be removed; DISK_FULL.
   */
  async wipe(phone: string, identity: Identity, { fds, inside }: StorageCall): Promise<void> {
    const { disk } = this.paths.storage(phone);
    const { data, dataWork, upper, work } = this.paths.files(phone, undefined);
    const owned = [data, dataWork, upper, work, disk];
    for (const one of owned) await fs.promises.rm(one, { recursive: true, force: true });
    inside();
    const left = owned.filter((dir) => fs.existsSync(dir));
    if (left.length > 0)
      throw new AppError('STEP_FAILED', `wiping the data of ${phone}: still there: ${left.join(', ')}`, {
        field: 'phone_id',
        value: phone,
      });
    await this.#begin(phone, identity, { fds, inside: () => {} });
    await this.note(phone, identity);
  }

  /** What a power cut has left of files that were being replaced. Nobody writes meanwhile. */
  tidy(phone: string): void {
    removeTemporaries(this.paths.storage(phone).root);
  }

  /** Remembers more about data that is there. */
  note(phone: string, identity: Identity): Promise<void> {
    return writeJsonAtomic(this.paths.storage(phone).identity, identity);
  }

  /** identity.json goes first: what is left by a kill is `partial`, and is removed by the next call. */
  async remove(phone: string, inside: () => void): Promise<void> {
    const { root, identity } = this.paths.storage(phone);
    fs.rmSync(identity, { force: true });
    inside();
    await fs.promises.rm(root, { recursive: true, force: true });
  }

  /** A disk gets its folders when it is mounted. */
  async #begin(phone: string, identity: Identity, { fds, inside }: StorageCall): Promise<void> {
    if (identity.diskMib !== undefined) return this.disks.make(phone, identity.diskMib, fds, inside);
    this.#makeFiles(phone, identity);
    inside();
  }

  #makeFiles(phone: string, { base, userns, diskMib }: Identity): void {
    const files = this.paths.files(phone, diskMib === undefined ? undefined : { diskMib });
    const shift = userns ? base : 0;
    // As Android's init makes it: system's, entered by all.
    makeDir(files.data, 0o771, shift + SYSTEM);
    makeUpper(files, shift);
  }
}

function makeUpper(files: PhoneFiles, owner: number): void {
  makeDir(files.upper, 0o755, owner);
  makeDir(files.work, 0o700, owner);
}

function makeDir(dir: string, mode: number, owner: number): void {
  fs.mkdirSync(dir, { recursive: true });
  fs.chownSync(dir, owner, owner);
  fs.chmodSync(dir, mode);
}
