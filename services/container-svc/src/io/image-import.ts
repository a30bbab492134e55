import fs from 'node:fs';
import { promisify } from 'node:util';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { AppError, type Clock, type Exec } from '@ancloud/kit';
import { ANBOX_SHIFT } from '../core/import-kind.js';
import { readSuperblock, SUPERBLOCK_SIZE } from '../core/squashfs.js';
import type { TreeKnowledge } from '../core/build-prop.js';
import { hashFile } from './import/hash.js';
import { inspect } from './import/inspect.js';
import { invalid, openFile, type OpenSource, openSource, type SourceFile } from './import/open-source.js';
import { pullImage } from './import/pull.js';
import { pack, type PackSource } from './import/pack.js';
import { fullDisk, namelessFile, roomFor, temporaryName } from './import/temporary.js';
import type { UploadStore } from './upload-store.js';
import type { ImageStore, StoredImage } from './image-store.js';

export type ImportPhase =
  'waiting' | 'pulling' | 'copying' | 'reading' | 'packing' | 'hashing' | 'checking' | 'done';

const fsync = promisify(fs.fsync);

/** One source as the API has checked it. */
export interface ImportSource {
  readonly kind: 'path' | 'upload' | 'reference';
  /** The path, the upload's id, or what skopeo pulls. */
  readonly where: string;
  /** 64 hex digits, or empty. */
  readonly sha256: string;
}

export interface ImportRequest {
  readonly sources: readonly ImportSource[];
  /** UNSPECIFIED = read from the image. */
  readonly profile: Profile;
  readonly name: string;
  readonly signal: AbortSignal;
  /** `total` 0 = not known. */
  readonly progress: (phase: ImportPhase, done: number, total: number) => void;
}

export interface ImporterOptions {
  readonly store: ImageStore;
  readonly uploads: UploadStore;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly hostcapBin: string;
  /** Folders to import from. */
  readonly allowedDirs: readonly string[];
  /** `host[:port]` of registries that need no TLS. */
  readonly insecureRegistries: readonly string[];
}

/**
 * Takes images into the store, one at a time: packing one keeps every core busy. Whatever goes wrong, nothing is left on
 * disk; what a kill leaves is swept by the store's load().
 */
export class ImageImporter {
  readonly #options: ImporterOptions;
  readonly #closing = new AbortController();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: ImporterOptions) {
    this.#options = options;
  }

  /** Errors: PATH_NOT_ALLOWED, IMAGE_INVALID saying what was found, DISK_FULL, CANCELLED, EXEC_FAILED. */
  import(request: ImportRequest): Promise<StoredImage> {
    const signal = AbortSignal.any([request.signal, this.#closing.signal]);
    const mine = this.#tail.then(() => this.#run({ ...request, signal }));
    this.#tail = mine.catch(() => {});
    request.progress('waiting', 0, 0);
    return mine;
  }

  /** Ends what is under way and refuses what waits. */
  stop(): void {
    this.#closing.abort(new AppError('CANCELLED', 'importing: the service is stopping'));
  }

  async join(): Promise<void> {
    await this.#tail;
  }

  async #run(request: ImportRequest): Promise<StoredImage> {
    request.signal.throwIfAborted();
    const { store } = this.#options;
    const opened: OpenSource[] = [];
    try {
      for (const source of request.sources) opened.push(await this.#open(source, request));
      await verifyDigests(request, opened);
      const [only] = opened;
      const squashfs = opened.length === 1 ? squashfsOf(only) : undefined;
      if (squashfs !== undefined) return await this.#squashfs(request, squashfs);
      return await this.#packed(request, packSourceOf(opened));
    } catch (error) {
      throw fullDisk(error, store.paths.images);
    } finally {
      for (const one of opened) one.close();
    }
  }

  async #open({ kind, where }: ImportSource, { signal, progress }: ImportRequest): Promise<OpenSource> {
    const { allowedDirs, insecureRegistries, uploads, store } = this.#options;
    switch (kind) {
      case 'path':
        return openSource(where, allowedDirs);
      case 'upload': {
        const { file, name } = uploads.fileOf(where);
        return openFile(file, name);
      }
      case 'reference':
        progress('pulling', 0, 0);
        return pullImage(where, {
          folder: store.paths.images,
          root: store.paths.sandbox,
          insecureRegistries,
          signal,
          onBytes: (done) => progress('pulling', done, 0),
        });
    }
  }

  /** As it is: one pass copies and hashes, then the copy, which nobody else can change, is checked. */
  async #squashfs(request: ImportRequest, file: SourceFile): Promise<StoredImage> {
    const { store } = this.#options;
    const { signal, progress } = request;
    const problem = problemOf(file);
    if (problem !== undefined) throw invalid(request.sources[0]?.where ?? '', problem);
    roomFor(store.paths.images, file.size);
    const temporary = temporaryName(store.paths.images);
    try {
      const out = await fs.promises.open(temporary, 'wx', 0o600);
      let digest: string;
      try {
        const onBytes = (done: number): void => progress('copying', done, Math.max(file.size, done));
        digest = await hashFile(file.fd, { signal, onBytes, copyTo: out });
        await out.sync();
      } finally {
        await out.close();
      }
      const known = store.get(`sha256:${digest}`);
      if (known !== undefined) return known;
      progress('checking', 0, 0);
      const { rootUid, traits } = await this.#inspect(request, temporary, undefined);
      if (rootUid !== ANBOX_SHIFT)
        return await this.#take(request, temporary, `sha256:${digest}`, traits, 'squashfs');
      return await this.#packed(request, { kind: 'squashfs', path: temporary, shift: ANBOX_SHIFT });
    } finally {
      fs.rmSync(temporary, { force: true });
    }
  }

  /** Through our readers and mksquashfs. */
  async #packed(request: ImportRequest, source: PackSource): Promise<StoredImage> {
    const { store } = this.#options;
    const { signal, progress } = request;
    const folder = store.paths.images;
    const total = source.kind === 'files' ? source.files.reduce((sum, { size }) => sum + size, 0) : 0;
    const maxBytes = roomFor(folder, 0);
    const temporary = temporaryName(folder);
    const target = fs.openSync(temporary, 'wx+', 0o600);
    const scratch = namelessFile(folder);
    try {
      const end = await pack({
        source,
        content: 'image',
        target,
        scratch,
        maxBytes,
        root: store.paths.sandbox,
        signal,
        onReport: (report) => {
          if (report.type === 'progress')
            progress('reading', total === 0 ? report.done : Math.min(report.done, total), total);
          else if (report.type === 'done') progress('packing', 0, 0);
        },
      });
      fs.fchownSync(target, 0, 0);
      const { size } = fs.fstatSync(target);
      // All three at once: the disk works, the hash is made, the kernel mounts it. The descriptor is closed under none of them.
      const synced = fsync(target);
      const hashing = hashFile(target, { signal, onBytes: (done) => progress('hashing', done, size) });
      const knowledge = { has32BitX86: end.has32BitX86, complete: true };
      const inspecting = this.#inspect(request, temporary, knowledge);
      await Promise.allSettled([synced, hashing, inspecting]);
      await synced;
      const digest = await hashing;
      const known = store.get(`sha256:${digest}`);
      if (known !== undefined) return known;
      progress('checking', 0, 0);
      const { traits } = await inspecting;
      const kind = end.kind === 'squashfs' ? 'anbox-squashfs' : end.kind;
      return await this.#take(request, temporary, `sha256:${digest}`, traits, kind);
    } finally {
      fs.closeSync(target);
      fs.closeSync(scratch);
      fs.rmSync(temporary, { force: true });
    }
  }

  #inspect(request: ImportRequest, file: string, known: TreeKnowledge | undefined) {
    const { store, exec, hostcapBin } = this.#options;
    const source = request.sources[0]?.where ?? '';
    return inspect({ file, source, mountPoint: store.paths.sandbox, hostcapBin, exec, known });
  }

  async #take(
    request: ImportRequest,
    file: string,
    imageId: string,
    traits: Awaited<ReturnType<typeof inspect>>['traits'],
    source: string,
  ): Promise<StoredImage> {
    const { store, clock } = this.#options;
    request.signal.throwIfAborted();
    const profile = request.profile === Profile.PROFILE_UNSPECIFIED ? traits.profile : request.profile;
    if (profile === Profile.PROFILE_UNSPECIFIED)
      throw invalid(
        request.sources[0]?.where ?? '',
        'its build.prop names no known family of images',
        'say which with the profile option',
      );
    const { size } = fs.statSync(file);
    const image = {
      ...traits,
      profile,
      imageId,
      size,
      name: request.name,
      importedAtMs: clock.now(),
      source,
    };
    await store.add(file, image);
    return image;
  }
}

async function verifyDigests({ sources, signal, progress }: ImportRequest, opened: readonly OpenSource[]) {
  for (const [index, { sha256, where }] of sources.entries()) {
    if (sha256 === '') continue;
    const [file, ...more] = opened[index]?.files ?? [];
    if (file === undefined || more.length > 0)
      throw new AppError(
        'INVALID_ARGUMENT',
        `importing ${where}: sha256 is for a file, and this is a directory`,
        {
          field: 'sha256',
          value: sha256,
          fix: 'leave it out',
        },
      );
    const found = await hashFile(file.fd, {
      signal,
      onBytes: (done) => progress('hashing', done, file.size),
    });
    if (found !== sha256)
      throw invalid(where, `its sha256 is ${found}, not ${sha256} as was said`, 'get the file again');
  }
}

/** The one file, when it says that it is a squashfs. */
function squashfsOf(source: OpenSource | undefined): SourceFile | undefined {
  const [file, ...more] = source?.files ?? [];
  if (file === undefined || more.length > 0 || source?.directory !== undefined) return undefined;
  const magic = Buffer.alloc(4);
  fs.readSync(file.fd, magic, 0, 4, 0);
  return magic.toString('latin1') === 'hsqs' ? file : undefined;
}

function problemOf({ fd, size }: SourceFile): string | undefined {
  const head = Buffer.alloc(SUPERBLOCK_SIZE);
  const length = fs.readSync(fd, head, 0, SUPERBLOCK_SIZE, 0);
  const checked = readSuperblock(head.subarray(0, length), size);
  return 'problem' in checked ? checked.problem : undefined;
}

function packSourceOf(opened: readonly OpenSource[]): PackSource {
  const [first, ...more] = opened;
  const whole = opened.find(({ directory }) => directory !== undefined);
  if (whole?.directory === undefined) return { kind: 'files', files: opened.flatMap(({ files }) => files) };
  if (first === undefined || more.length > 0)
    throw invalid(whole.name, 'it is a whole root filesystem, and other sources are named beside it');
  return { kind: 'directory', fd: whole.directory };
}
