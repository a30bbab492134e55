import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { AppError, type Clock, writeJsonAtomic } from '@ancloud/kit';
import { hashFile } from './import/hash.js';
import { fullDisk, roomFor } from './import/temporary.js';

/** An upload as it stands. */
export interface StoredUpload {
  readonly uploadId: string;
  readonly name: string;
  /** Bytes it will have, and has. */
  readonly size: number;
  readonly offset: number;
  /** 64 hex digits that it must have, or empty. */
  readonly sha256: string;
  /** Unix ms after which it is swept, unless written to. */
  readonly expiresAtMs: number;
  /** Whole, and of its sha256. */
  readonly complete: boolean;
}

type Meta = Pick<StoredUpload, 'uploadId' | 'name' | 'size' | 'sha256' | 'complete'>;

export const UPLOAD_MAX_BYTES = 32 * 1024 ** 3;
const EXPIRY_MS = 24 * 3_600_000;
/** Uploads that stand at once. */
const UPLOADS_MAX = 64;

/**
 * Files on their way in, each a `.json` (what it will be) and a `.part` (its bytes so far, whose length is the offset): a killed
 * service, host or client goes on where the bytes end. Nothing is kept in memory but who writes now.
 */
export class UploadStore {
  /** Ends who writes an upload now. */
  readonly #writers = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  /** One is made at a time: each must see what those before it have been promised of the disk. */
  #making: Promise<unknown> = Promise.resolve();
  #made: string | undefined;

  constructor(
    readonly folder: string,
    private readonly hostId: string,
    private readonly clock: Clock,
  ) {}

  load(): void {
    fs.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.sweep();
  }

  /** Removes what nobody has written to for a day, and halves of what was being made or removed. */
  sweep(): void {
    const names = fs.readdirSync(this.folder);
    for (const name of names) {
      const id = /^(up_[a-z0-9-]+_[0-9a-f]{24})\.(?:json|part)$/.exec(name)?.[1];
      if (id !== undefined && (this.#writers.has(id) || id === this.#made)) continue;
      const upload = id === undefined ? undefined : this.#read(id);
      const expired = upload !== undefined && upload.expiresAtMs <= this.clock.now();
      if (upload === undefined || expired) fs.rmSync(path.join(this.folder, name), { force: true });
    }
  }

  /** Those that stand, oldest expiry first. */
  list(): StoredUpload[] {
    return fs
      .readdirSync(this.folder)
      .flatMap((name) => (name.endsWith('.json') ? (this.#read(name.slice(0, -5)) ?? []) : []))
      .toSorted((a, b) => a.expiresAtMs - b.expiresAtMs);
  }

  /** Errors: DISK_FULL when it does not fit beside what other uploads still wait for, CAPACITY. */
  create(wanted: Pick<Meta, 'name' | 'size' | 'sha256'>): Promise<StoredUpload> {
    const mine = this.#making.then(() => this.#create(wanted));
    this.#making = mine.catch(nothing);
    return mine;
  }

  async #create({ name, size, sha256 }: Pick<Meta, 'name' | 'size' | 'sha256'>): Promise<StoredUpload> {
    const others = this.list();
    if (others.length >= UPLOADS_MAX)
      throw new AppError('CAPACITY', `beginning an upload: ${others.length} stand already`, {
        fix: 'import or delete some; those that nobody writes to go after a day',
      });
    roomFor(
      this.folder,
      others.reduce((sum, other) => sum + other.size - other.offset, size),
    );
    const uploadId = `up_${this.hostId}_${crypto.randomBytes(12).toString('hex')}`;
    const meta: Meta = { uploadId, name, size, sha256, complete: false };
    this.#made = uploadId;
    try {
      fs.writeFileSync(this.#part(uploadId), '', { mode: 0o600, flag: 'wx' });
      await writeJsonAtomic(this.#json(uploadId), meta);
      return this.get(uploadId);
    } catch (error) {
      this.remove(uploadId);
      throw fullDisk(error, this.folder);
    } finally {
      this.#made = undefined;
    }
  }

  /** Errors: UPLOAD_NOT_FOUND. */
  get(uploadId: string): StoredUpload {
    const found = /^up_[a-z0-9-]+_[0-9a-f]{24}$/.test(uploadId) ? this.#read(uploadId) : undefined;
    if (found !== undefined) return found;
    throw new AppError('UPLOAD_NOT_FOUND', `there is no upload ${uploadId} on this host`, {
      field: 'upload_id',
      value: uploadId,
      fix: 'begin a new one; uploads that nobody writes to for a day are removed',
    });
  }

  /** The file of a whole upload, for the import. Errors: UPLOAD_NOT_FOUND, UPLOAD_CONFLICT while bytes are missing. */
  fileOf(uploadId: string): { readonly file: string; readonly name: string } {
    const { complete, offset, size, name } = this.get(uploadId);
    if (!complete)
      throw new AppError('UPLOAD_CONFLICT', `upload ${uploadId} has ${offset} of ${size} bytes`, {
        field: 'upload_id',
        value: uploadId,
        fix: 'send the rest first',
      });
    return { file: this.#part(uploadId), name };
  }

  /**
   * Writes bytes at `offset`, which must be where the upload ends. A writer that comes while another writes takes its place:
   * the other is a connection that its client has given up. With the last byte the sha256 is checked.
   *
   * Errors: UPLOAD_NOT_FOUND, UPLOAD_CONFLICT saying the right offset, MESSAGE_TOO_LARGE, DISK_FULL, CANCELLED;
   * IMAGE_INVALID when the whole has another sha256, and then the upload is gone.
   */
  async append(
    uploadId: string,
    offset: number,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<StoredUpload> {
    this.get(uploadId);
    const before = this.#writers.get(uploadId);
    before?.stop.abort(new AppError('CANCELLED', `another connection goes on with ${uploadId}`));
    const stop = new AbortController();
    const work = (before?.ended ?? Promise.resolve()).then(() =>
      this.#append(uploadId, offset, bytes, AbortSignal.any([signal, stop.signal])),
    );
    const entry = { stop, ended: work.then(nothing, nothing) };
    this.#writers.set(uploadId, entry);
    try {
      return await work;
    } catch (error) {
      throw fullDisk(error, this.folder);
    } finally {
      if (this.#writers.get(uploadId) === entry) this.#writers.delete(uploadId);
    }
  }

  /** Fine when it is gone already. */
  remove(uploadId: string): void {
    this.#writers.get(uploadId)?.stop.abort(new AppError('CANCELLED', `upload ${uploadId} was removed`));
    fs.rmSync(this.#json(uploadId), { force: true });
    fs.rmSync(this.#part(uploadId), { force: true });
  }

  async #append(
    uploadId: string,
    offset: number,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<StoredUpload> {
    const { size, offset: end, complete } = this.get(uploadId);
    if (offset !== end)
      throw new AppError('UPLOAD_CONFLICT', `upload ${uploadId} has ${end} bytes, and ${offset} were said`, {
        field: 'offset',
        value: String(offset),
        fix: `go on at ${end}`,
      });
    if (complete) return this.get(uploadId);
    const file = await fs.promises.open(this.#part(uploadId), 'r+');
    try {
      let at = offset;
      for await (const piece of untilAborted(bytes, signal)) {
        if (at + piece.length > size)
          throw new AppError(
            'MESSAGE_TOO_LARGE',
            `upload ${uploadId}: more than the ${size} bytes that were said`,
            {
              field: 'size',
              value: String(size),
            },
          );
        await file.write(piece, 0, piece.length, at);
        at += piece.length;
      }
      await file.datasync();
      if (at === size) await this.#finish(uploadId, file.fd, signal);
    } finally {
      await file.close();
    }
    return this.get(uploadId);
  }

  async #finish(uploadId: string, fd: number, signal: AbortSignal): Promise<void> {
    const meta = this.get(uploadId);
    if (meta.sha256 !== '') {
      const found = await hashFile(fd, { signal, onBytes: nothing });
      if (found !== meta.sha256) {
        this.remove(uploadId);
        throw new AppError('IMAGE_INVALID', `upload ${uploadId} has sha256 ${found}, not ${meta.sha256}`, {
          field: 'sha256',
          value: meta.sha256,
          fix: 'upload the file again',
        });
      }
    }
    const { name, size, sha256 } = meta;
    await writeJsonAtomic(this.#json(uploadId), {
      uploadId,
      name,
      size,
      sha256,
      complete: true,
    } satisfies Meta);
  }

  #read(uploadId: string): StoredUpload | undefined {
    try {
      const meta = JSON.parse(fs.readFileSync(this.#json(uploadId), 'utf8')) as Meta;
      const { size, mtimeMs } = fs.statSync(this.#part(uploadId));
      return { ...meta, offset: size, expiresAtMs: Math.floor(mtimeMs) + EXPIRY_MS };
    } catch {
      return undefined;
    }
  }

  #json(uploadId: string): string {
    return path.join(this.folder, `${uploadId}.json`);
  }

  #part(uploadId: string): string {
    return path.join(this.folder, `${uploadId}.part`);
  }
}

/** Ends with the signal's reason also while nothing comes: a dead connection gives neither bytes nor an end. */
async function* untilAborted(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let onAbort = nothing;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  aborted.catch(nothing);
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const nothing = (): void => {};
