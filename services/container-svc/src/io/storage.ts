import fs from 'node:fs';
import { AppError, writeJsonAtomic } from '@ancloud/kit';
import type { Identity } from '../core/observed.js';
import type { Paths, Storage } from './paths.js';

const SYSTEM = 1000;

/** A phone's directories on the state disk. Each call may be repeated after a kill at any point. */
export class PhoneStorage {
  constructor(private readonly paths: Paths) {}

  /** identity.json comes last: without it the storage is `partial` and is completed by the next call. */
  async make(phone: string, identity: Identity, inside: () => void): Promise<void> {
    const storage = this.paths.storage(phone);
    const shift = identity.userns ? identity.base : 0;
    fs.mkdirSync(storage.root, { recursive: true });
    // A phone without a user namespace can leave setuid programs that are root's own: no user of the host may reach them.
    // One with a user namespace must reach its data as an unprivileged id.
    fs.chmodSync(storage.root, identity.userns ? 0o711 : 0o700);
    // As Android's init makes it: system's, entered by all.
    makeDir(storage.data, 0o771, shift + SYSTEM);
    makeUpper(storage, shift);
    makeDir(storage.log, 0o700, 0);
    inside();
    await writeJsonAtomic(storage.identity, identity);
  }

  /** An upper belongs to the lower it was made over: with another image below its content is undefined. Data stays. */
  async resetUpper(phone: string, identity: Identity, inside: () => void): Promise<void> {
    const storage = this.paths.storage(phone);
    fs.rmSync(storage.upper, { recursive: true, force: true });
    fs.rmSync(storage.work, { recursive: true, force: true });
    inside();
    makeUpper(storage, identity.userns ? identity.base : 0);
    await writeJsonAtomic(storage.identity, identity);
  }

  /**
   * Factory reset or restore: nothing of data, upper and work stays. identity.json tells of it only when that was seen, so a
   * killed one is done again from the beginning. Errors: STEP_FAILED naming what could not be removed.
   */
  async wipe(phone: string, identity: Identity, inside: () => void): Promise<void> {
    const storage = this.paths.storage(phone);
    const owned = [storage.data, storage.dataWork, storage.upper, storage.work];
    for (const dir of owned) await fs.promises.rm(dir, { recursive: true, force: true });
    inside();
    const left = owned.filter((dir) => fs.existsSync(dir));
    if (left.length > 0)
      throw new AppError('STEP_FAILED', `wiping the data of ${phone}: still there: ${left.join(', ')}`, {
        field: 'phone_id',
        value: phone,
      });
    const shift = identity.userns ? identity.base : 0;
    makeDir(storage.data, 0o771, shift + SYSTEM);
    makeUpper(storage, shift);
    await writeJsonAtomic(storage.identity, identity);
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
}

function makeUpper(storage: Storage, owner: number): void {
  makeDir(storage.upper, 0o755, owner);
  makeDir(storage.work, 0o700, owner);
}

function makeDir(dir: string, mode: number, owner: number): void {
  fs.mkdirSync(dir, { recursive: true });
  fs.chownSync(dir, owner, owner);
  fs.chmodSync(dir, mode);
}
