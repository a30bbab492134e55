import fs from 'node:fs';
import { AppError, type Clock, type Exec, sleep } from '@ancloud/kit';
import { isMounted, loopsOf, unmountAll } from './mounts.js';

/*
 * Loop mounts: a squashfs of a store, whose one mount all phones share, and the disk of a single phone. Callers keep mounting
 * and unmounting of one file serial, so that the last user's leaving and the next one's coming do not cross.
 */

/** `hostcap`: native/README.md. `inside` runs between making the mount point and the mount (fault injection). */
export async function mountSquashfs(
  hostcap: Exec,
  file: string,
  target: string,
  fds: readonly number[],
  inside: () => void = () => {},
): Promise<void> {
  if (isMounted(target)) return;
  fs.mkdirSync(target, { recursive: true, mode: 0o755 });
  inside();
  await hostcap(['squashfs-mount', file, target], { fds });
}

/** Unmounts it and waits until its loop device is gone. Errors: STEP_FAILED naming the device. */
export async function unmountLoop(file: string, target: string, clock: Clock): Promise<void> {
  unmountAll(target);
  // Never its content: what is mounted there may be a phone's disk.
  if (fs.existsSync(target)) fs.rmdirSync(target);
  for (let tries = 0; loopsOf(file).length > 0; tries += 1) {
    if (tries > 100)
      throw new AppError(
        'STEP_FAILED',
        `unmounting ${target}: ${loopsOf(file).join(', ')} still holds ${file}`,
        {
          field: file,
          fix: 'another mount namespace holds the mount: find it with grep -l ancloud /proc/*/mountinfo',
        },
      );
    await sleep(20, undefined, clock);
  }
}
