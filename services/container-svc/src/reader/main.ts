import fs from 'node:fs';
import { ImageError, writeTar } from '@ancloud/android-image';
import { TreeFacts } from './facts.js';
import { normalised } from './normalised.js';
import { openImage } from './open-image.js';
import { Output } from './output.js';
import type { ReaderPlan, ReaderReport } from './report.js';

/**
 * The program that reads an image's bytes: `main.js PLAN`, in a sandbox (core/sandbox.ts), one life per import. Gives a pax
 * tar on stdout and reports on descriptor 3. Exit code 0 after `done`, 1 after `refused`.
 */
const TAR_FD = 1;
const REPORT_FD = 3;
const PROGRESS_MS = 200;

const report = (line: ReaderReport): void => {
  fs.writeSync(REPORT_FD, `${JSON.stringify(line)}\n`);
};

async function read(plan: ReaderPlan): Promise<ReaderReport> {
  let done = 0;
  let told = performance.now();
  const facts = new TreeFacts();
  const { kind, entries } = await openImage(plan, (bytes) => {
    done += bytes;
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    report({ type: 'progress', done });
  });
  const output = new Output(TAR_FD);
  for await (const bytes of writeTar(facts.watch(normalised(entries, plan.shift)))) await output.write(bytes);
  await output.end();
  report({ type: 'progress', done });
  return { type: 'done', kind, entries: facts.entries, bytes: facts.bytes, has32BitX86: facts.has32BitX86 };
}

function refusal(error: unknown): ReaderReport {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof ImageError)
    return { type: 'refused', code: 'IMAGE_INVALID', message: message.slice(0, 1_000), fix: '' };
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return {
      type: 'refused',
      code: 'DISK_FULL',
      message: 'unpacking the image: no space left',
      fix: 'free space on the disk of the state directory',
    };
  throw error;
}

try {
  report(await read(JSON.parse(process.argv[2] ?? '') as ReaderPlan));
} catch (error) {
  // EPIPE: mksquashfs has ended, and its words are the reason.
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') report(refusal(error));
  process.exitCode = 1;
}
