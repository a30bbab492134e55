import { execFile } from 'node:child_process';
import path from 'node:path';

const PROGRAM = path.join(import.meta.dirname, '../../../guest/build.sh');

/** Path of the reference guest's squashfs: built when it is not cached. */
export function buildGuest(): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(PROGRAM, { maxBuffer: 32 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim().split('\n').at(-1) ?? '');
      else reject(new Error(`guest/build.sh: ${stderr.slice(-2_000)}`));
    });
  });
}
