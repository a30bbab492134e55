import fs from 'node:fs';
import { AppError, asAppError } from '@ancloud/kit';
import { hashFile } from './import/hash.js';
import { pack } from './import/pack.js';
import { fullDisk, namelessFile, roomFor, temporaryName } from './import/temporary.js';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.js';

export interface TakeRequest {
  /** What the phone sees as /data. Nobody writes there. */
  readonly data: string;
  /** Subtracted from owners, so that they are those the phone sees. */
  readonly shift: number;
  readonly snapshot: Omit<StoredSnapshot, 'size' | 'sha256'>;
  /** Runs between packing and the store's taking it (fault injection). */
  readonly inside: () => void;
}

/**
 * Packs phones' data into the snapshot store, one at a time: packing keeps every core busy. The data is read as a hostile
 * image is, in sandboxes. Whatever goes wrong nothing is left; what a kill leaves is swept by the store's load().
 */
export class SnapshotTaker {
  readonly #closing = new AbortController();
  #tail: Promise<unknown> = Promise.resolve();

  /** `sandbox`: an empty directory for the sandboxes' roots. */
  constructor(
    private readonly store: SnapshotStore,
    private readonly sandbox: string,
  ) {}

  /** Fine when the snapshot is there already. Errors: DISK_FULL, CANCELLED, STEP_FAILED saying what cannot be kept. */
  take(request: TakeRequest): Promise<void> {
    const mine = this.#tail.then(() => this.#take(request));
    this.#tail = mine.catch(() => {});
    return mine;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#closing.abort(new AppError('CANCELLED', 'taking a snapshot: the service is stopping'));
  }

  async join(): Promise<void> {
    await this.#tail;
  }

  async #take({ data, shift, snapshot, inside }: TakeRequest): Promise<void> {
    const { store, sandbox } = this;
    const { signal } = this.#closing;
    if (store.get(snapshot.snapshotId) !== undefined) return;
    const temporary = temporaryName(store.folder);
    const target = fs.openSync(temporary, 'wx+', 0o600);
    const scratch = namelessFile(store.folder);
    const source = fs.openSync(data, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    try {
      await pack({
        source: { kind: 'directory', fd: source, shift },
        content: 'data',
        target,
        scratch,
        root: sandbox,
        maxBytes: roomFor(store.folder, 0),
        signal,
        onReport: () => {},
      });
      fs.fchownSync(target, 0, 0);
      const { size } = fs.fstatSync(target);
      const sha256 = await hashFile(target, { signal, onBytes: () => {} });
      await new Promise<void>((resolve, reject) =>
        fs.fsync(target, (error) => (error === null ? resolve() : reject(error))),
      );
      inside();
      await store.add(temporary, { ...snapshot, size, sha256 });
    } catch (error) {
      const app = asAppError(fullDisk(error, store.folder), 'STEP_FAILED');
      if (app.code !== 'IMAGE_INVALID') throw app;
      throw new AppError('STEP_FAILED', `the data of ${snapshot.phoneId} cannot be kept: ${app.message}`, {
        field: 'phone_id',
        value: snapshot.phoneId,
        fix: 'remove what is named from the phone’s data',
        cause: error,
      });
    } finally {
      for (const fd of [target, scratch, source]) fs.closeSync(fd);
      fs.rmSync(temporary, { force: true });
    }
  }
}
