import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { eventually, NotYet } from './eventually.js';
import { loopsBelow } from './leftovers.js';

/** An ext4 of its own, mounted at `folder`, which is made. */
export class SmallDisk {
  readonly #file: string;

  constructor(
    readonly folder: string,
    bytes: number,
  ) {
    this.#file = `${folder}.ext4`;
    fs.mkdirSync(folder);
    fs.writeFileSync(this.#file, '');
    fs.truncateSync(this.#file, bytes);
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', this.#file]);
    execFileSync('mount', ['-o', 'loop', this.#file, folder]);
  }

  /** Bytes that are free. */
  get free(): number {
    const { bavail, bsize } = fs.statfsSync(this.folder);
    return bavail * bsize;
  }

  /** Leaves so many bytes free, give or take what the file system needs for itself. */
  leave(bytes: number): void {
    this.clear();
    execFileSync('fallocate', ['-l', String(this.free - bytes), this.#filler]);
  }

  /** Takes away what `leave` put there. */
  clear(): void {
    fs.rmSync(this.#filler, { force: true });
  }

  get #filler(): string {
    return `${this.folder}/filler`;
  }

  async remove(): Promise<void> {
    execFileSync('umount', [this.folder]);
    // The kernel lets go of the device when the filesystem is written back.
    await eventually(() => {
      const left = loopsBelow(this.#file, false);
      if (left.length > 0) throw new NotYet(`loop devices of ${left.join(', ')}`);
    });
    fs.rmSync(this.#file);
    fs.rmdirSync(this.folder);
  }
}
