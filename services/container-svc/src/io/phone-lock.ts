import fs from 'node:fs';
import { AppError, type Clock, sleep } from '@ancloud/kit';
import { tryLock } from './syscalls.js';

/**
 * The per-phone flock. Whoever observes or changes a phone holds it; every program a step starts inherits it and so keeps
 * it when container-svc is killed: the next run waits until the last of them has ended, and then observes.
 */
export class PhoneLock {
  private constructor(readonly fd: number) {}

  /** Errors: STEP_FAILED naming the file when programs of an earlier run still hold it after `limitMs`. */
  static async take(file: string, clock: Clock, signal: AbortSignal, limitMs = 60_000): Promise<PhoneLock> {
    const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_NOFOLLOW, 0o600);
    try {
      for (const began = clock.monotonic(); !tryLock(fd);) {
        if (clock.monotonic() - began > limitMs)
          throw new AppError('STEP_FAILED', `waiting for ${file}: programs of an earlier run still hold it`, {
            field: file,
            fix: `see who does with: fuser -v ${file}`,
          });
        await sleep(20, signal, clock);
      }
      return new PhoneLock(fd);
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  }

  /** Programs that inherited it go on holding it. */
  release(): void {
    fs.closeSync(this.fd);
  }
}
