import fs from 'node:fs';
import type { Clock, Exec } from '@ancloud/kit';
import type { DiskUse } from '../core/disk.js';
import { noRoom, RESERVE } from './import/temporary.js';
import { unmountLoop } from './loop-mounts.js';
import { isMounted, loopsOf } from './mounts.js';
import type { Paths } from './paths.js';
import { syncFileSystem } from './syscalls.js';

const MIB = 1024 ** 2;
/** Of a check or a resize, which read what the disk is full of. */
const LONG_MS = 600_000;

export interface PhoneDisksOptions {
  readonly paths: Paths;
  readonly exec: Exec;
  readonly clock: Clock;
}

/**
 * Disks of single phones: an ext4 in a file of the state disk, whose blocks are taken when it is made, so that neither side can
 * take the other's room (docs/adr/0012-disks-of-phones.md). Each call may be repeated after a kill at any point; callers hold the phone's lock.
 */
export class PhoneDisks {
  constructor(private readonly options: PhoneDisksOptions) {}

  /** An empty one in place of whatever was there. Errors: DISK_FULL. */
  async make(phone: string, mib: number, fds: readonly number[], inside: () => void): Promise<void> {
    const { paths, exec } = this.options;
    const { disk } = paths.storage(phone);
    const doing = `making a disk of ${mib} MiB for ${phone}`;
    fs.rmSync(disk, { force: true });
    if (!this.#isFree(mib * MIB)) throw noRoom(doing, paths.stateDir);
    fs.writeFileSync(disk, '', { mode: 0o600 });
    fs.truncateSync(disk, mib * MIB);
    inside();
    // No room for root alone, who is in some phones the phone's; nothing to be zeroed, since the file reads as zeros.
    const fresh = 'lazy_itable_init=1,lazy_journal_init=1,nodiscard';
    await exec(['mkfs.ext4', '-q', '-F', '-m', '0', '-e', 'remount-ro', '-E', fresh, disk], { fds });
    await this.#take(doing, disk, mib, fds);
  }

  /** Fine when it is mounted. `inside` runs between making the mount point and the mount (fault injection). */
  async mount(phone: string, fds: readonly number[], inside: () => void): Promise<void> {
    const { paths, exec } = this.options;
    const { disk: target } = paths.run(phone);
    fs.mkdirSync(target, { recursive: true });
    inside();
    if (isMounted(target)) return;
    // nosuid: what a phone leaves there must be nothing to a user of the host; the phone sees it through mounts of its own.
    const options = 'loop,nosuid,nodev,noinit_itable';
    await exec(['mount', '-t', 'ext4', '-o', options, paths.storage(phone).disk, target], { fds });
    fs.chmodSync(target, 0o711);
  }

  /** Errors: STEP_FAILED naming a loop device that stays. */
  unmount(phone: string): Promise<void> {
    const { paths, clock } = this.options;
    return unmountLoop(paths.storage(phone).disk, paths.run(phone).disk, clock);
  }

  /** Mounted or not; also one that was grown half. Errors: DISK_FULL. */
  async grow(phone: string, mib: number, fds: readonly number[], inside: () => void): Promise<void> {
    const { paths, exec } = this.options;
    const { disk } = paths.storage(phone);
    const doing = `growing the disk of ${phone} to ${mib} MiB`;
    if (!this.hasRoom(phone, mib)) throw noRoom(doing, paths.stateDir);
    await this.#take(doing, disk, mib, fds);
    inside();
    const [loop] = loopsOf(disk);
    if (loop === undefined) {
      // 1 = it had to mend something, which is what it is for.
      await exec(['e2fsck', '-f', '-p', disk], { fds, okCodes: [0, 1], timeoutMs: LONG_MS });
      await exec(['resize2fs', disk], { fds, timeoutMs: LONG_MS });
      return;
    }
    await exec(['losetup', '--set-capacity', `/dev/${loop}`], { fds });
    await exec(['resize2fs', `/dev/${loop}`], { fds, timeoutMs: LONG_MS });
    await syncFileSystem(paths.run(phone).disk);
  }

  /** Whether the state disk has what a phone's disk of that size lacks. */
  hasRoom(phone: string, mib: number): boolean {
    const { disk } = this.options.paths.storage(phone);
    return this.#isFree(mib * MIB - (fs.statSync(disk, { throwIfNoEntry: false })?.size ?? 0));
  }

  /** Undefined while it is not mounted. */
  use(phone: string, mib: number): DiskUse | undefined {
    const { disk } = this.options.paths.run(phone);
    if (!isMounted(disk)) return undefined;
    const { bfree, bsize } = fs.statfsSync(disk);
    // What the filesystem itself needs counts as used: of the whole disk the phone has that much less.
    return { usedMib: Math.min(mib, Math.ceil(mib - (bfree * bsize) / MIB)), sizeMib: mib };
  }

  #isFree(bytes: number): boolean {
    const { bavail, bsize } = fs.statfsSync(this.options.paths.stateDir);
    return bytes <= 0 || bavail * bsize >= bytes + RESERVE;
  }

  /** Takes the blocks of the whole file; those that are there keep what is in them. */
  async #take(doing: string, disk: string, mib: number, fds: readonly number[]): Promise<void> {
    const { exec, paths } = this.options;
    try {
      await exec(['fallocate', '--length', String(mib * MIB), disk], { fds, timeoutMs: LONG_MS });
    } catch (error) {
      const text = error instanceof Error ? error.message : '';
      throw text.includes('No space left') ? noRoom(doing, paths.stateDir, error) : error;
    }
  }
}
