import fs from 'node:fs';
import path from 'node:path';
import { Profile, profileFromJSON, profileToJSON } from '@ancloud/contracts/common/v1/common';
import { AppError, type Clock, type Exec, syncFolder, writeJsonAtomic } from '@ancloud/kit';
import type { ImageTraits } from '../core/build-prop.js';
import { mountSquashfs, unmountLoop } from './loop-mounts.js';
import { isMounted, usersOfMount } from './mounts.js';
import type { Paths } from './paths.js';

/** One image of the store: content-addressed and immutable, with its meta file beside it. */
export interface StoredImage extends ImageTraits {
  readonly imageId: string;
  readonly size: number;
  readonly name: string;
  readonly importedAtMs: number;
  /** What it was made from, e.g. `squashfs`, `oci`. */
  readonly source: string;
}

/**
 * Images on this host, and their one loop mount each that all phones share. Mounting and unmounting are serial over the
 * whole store, so that the last user's leaving and the next one's coming do not cross.
 */
export class ImageStore {
  readonly #images = new Map<string, StoredImage>();
  readonly #listeners = new Set<() => void>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    readonly paths: Paths,
    private readonly hostcap: Exec,
    private readonly clock: Clock,
  ) {}

  /** Reads the store from disk. A meta file without its image, or an image without meta, is the rest of a killed import. */
  async load(): Promise<void> {
    fs.mkdirSync(this.paths.images, { recursive: true, mode: 0o700 });
    for (const name of fs.readdirSync(this.paths.images)) {
      const file = path.join(this.paths.images, name);
      const digest = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
      const whole = digest !== undefined && fs.existsSync(this.paths.imageFile(digest));
      const meta = whole ? readMeta(file) : undefined;
      if (meta !== undefined) this.#images.set(meta.imageId, meta);
      else if (!/^[0-9a-f]{64}\.sqfs$/.test(name) || !fs.existsSync(file.replace(/\.sqfs$/, '.json')))
        fs.rmSync(file, { recursive: true, force: true });
    }
    await syncFolder(this.paths.images);
  }

  list(): StoredImage[] {
    return [...this.#images.values()].toSorted((a, b) => (a.imageId < b.imageId ? -1 : 1));
  }

  /** Called after each image that came or went. Returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(imageId: string): StoredImage | undefined {
    return this.#images.get(imageId);
  }

  /** Takes a checked file into the store: `file` is on the same disk and is renamed. The meta is written last. */
  async add(file: string, image: StoredImage): Promise<void> {
    fs.renameSync(file, this.paths.imageFile(image.imageId));
    await syncFolder(this.paths.images);
    await writeJsonAtomic(this.paths.imageMeta(image.imageId), {
      ...image,
      profile: profileToJSON(image.profile),
    });
    this.#images.set(image.imageId, image);
    this.#changed();
  }

  /** Errors: IMAGE_NOT_FOUND; IMAGE_IN_USE while it is mounted. Callers check targets first. */
  remove(imageId: string): Promise<void> {
    return this.#serial(async () => {
      if (!this.#images.has(imageId))
        throw new AppError('IMAGE_NOT_FOUND', `removing ${imageId}: this host does not have it`, {
          field: 'image_id',
          value: imageId,
        });
      if (this.isMounted(imageId))
        throw new AppError('IMAGE_IN_USE', `removing ${imageId}: phones use it`, {
          field: 'image_id',
          value: imageId,
        });
      this.#images.delete(imageId);
      this.#changed();
      // Meta first: what is left by a kill in between is swept by load().
      fs.rmSync(this.paths.imageMeta(imageId), { force: true });
      fs.rmSync(this.paths.imageFile(imageId), { force: true });
      await syncFolder(this.paths.images);
    });
  }

  isMounted(imageId: string): boolean {
    return isMounted(this.paths.imageMount(imageId));
  }

  /** `inside` runs between making the mount point and the mount (fault injection). */
  mount(imageId: string, fds: readonly number[], inside: () => void): Promise<void> {
    return this.#serial(async () => {
      await mountSquashfs(
        this.hostcap,
        this.paths.imageFile(imageId),
        this.paths.imageMount(imageId),
        fds,
        inside,
      );
    });
  }

  /** Unmounts it unless somebody stands on it, and waits until its loop device is gone. Errors: STEP_FAILED naming the device. */
  unmount(imageId: string): Promise<void> {
    return this.#serial(async () => {
      if (this.users(imageId) > 0) return;
      await unmountLoop(this.paths.imageFile(imageId), this.paths.imageMount(imageId), this.clock);
    });
  }

  /** Mounts that stand on the image: overlays over it, and its idmapped doubles. */
  users(imageId: string): number {
    return usersOfMount(this.paths.imageMount(imageId));
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

function readMeta(file: string): StoredImage | undefined {
  try {
    const raw = JSON.parse(fs.readFileSync(file, 'utf8')) as StoredImage &
      Partial<Pick<StoredImage, 'abis' | 'source'>>;
    const profile = profileFromJSON(raw.profile);
    // Earlier versions wrote neither abis nor source: they took squashfs only.
    const abis = raw.abis ?? (raw.abi === '' ? [] : [raw.abi]);
    const whole = { ...raw, profile, abis, source: raw.source ?? 'squashfs' };
    return profile === Profile.UNRECOGNIZED ? undefined : whole;
  } catch {
    return undefined;
  }
}
