import fs from 'node:fs';
import { command } from './command.js';

/** The guest's squashfs, mounted read-only for the peers. */
export class MountedImage {
  private constructor(readonly folder: string) {}

  static async create(file: string, folder: string): Promise<MountedImage> {
    fs.mkdirSync(folder, { recursive: true });
    await command(['mount', '-t', 'squashfs', '-o', 'loop,ro,nosuid,nodev', file, folder]);
    return new MountedImage(folder);
  }

  /** May be called once. */
  async close(): Promise<void> {
    await command(['umount', this.folder]);
  }
}
