import fs from 'node:fs';
import { AppError, removeFile, writeFileAtomic } from '@ancloud/kit';

export interface DrainOptions {
  /** Is there while the host is drained, whatever is in it. In a folder that lasts. */
  readonly file: string;
  /** ANCLOUD_SCHEDULABLE: false keeps the host drained, whoever asks. */
  readonly configured: boolean;
}

/** Whether this host takes new phones: as its operator said last, over restarts. Only this class touches the file. */
export class Drain {
  readonly #options: DrainOptions;
  readonly #listeners = new Set<() => void>();
  #drained: boolean;
  /** One after the other: what the file says at the end is what was asked last. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: DrainOptions) {
    this.#options = options;
    this.#drained = fs.existsSync(options.file);
  }

  get schedulable(): boolean {
    return this.#options.configured && !this.#drained;
  }

  /** Returns when it would outlast a power cut. Errors: HOST_DRAINED, DISK_FULL. */
  set(schedulable: boolean): Promise<void> {
    if (schedulable && !this.#options.configured)
      return Promise.reject(
        new AppError('HOST_DRAINED', 'letting this host take phones: its configuration keeps it drained', {
          field: 'ANCLOUD_SCHEDULABLE',
          value: 'false',
          fix: 'start container-svc there without it',
        }),
      );
    const write = this.#writing.then(() => this.#write(schedulable));
    this.#writing = write.catch(() => {});
    return write;
  }

  /** Answers how to unsubscribe. */
  onChange(told: () => void): () => void {
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  async #write(schedulable: boolean): Promise<void> {
    const { file } = this.#options;
    await (schedulable ? removeFile(file) : writeFileAtomic(file, ''));
    this.#drained = !schedulable;
    for (const told of this.#listeners) told();
  }
}
