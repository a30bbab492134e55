import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '@ancloud/kit';
import { SANDBOX_UID } from '../../core/sandbox.js';
import { type OpenSource, openSource } from './open-source.js';
import { Sandboxed, WORKSPACE } from './sandboxed.js';
import { roomFor, temporaryName } from './temporary.js';

export interface PullOptions {
  /** Of the image store: what is pulled lies there until it is read. */
  readonly folder: string;
  /** An empty directory for the sandbox's root. */
  readonly root: string;
  readonly signal: AbortSignal;
}

const CPU_SECONDS = 3_600;

/**
 * Pulls an image from a registry into an OCI layout, with skopeo in a sandbox that has the network and nothing else. The
 * layout is removed by `close`. Errors: EXEC_FAILED without skopeo, UNAVAILABLE with its words, CANCELLED, DISK_FULL.
 */
export async function pullImage(
  reference: string,
  { folder, root, signal }: PullOptions,
): Promise<OpenSource> {
  const work = temporaryName(folder);
  const fileBytes = roomFor(folder, 0);
  fs.mkdirSync(work, { mode: 0o700 });
  const remove = (): void => fs.rmSync(work, { recursive: true, force: true });
  try {
    fs.chownSync(work, SANDBOX_UID, SANDBOX_UID);
    const node = fs.realpathSync(process.execPath);
    const sandbox = { root, app: WORKSPACE, node, work, fileBytes, cpuSeconds: CPU_SECONDS, network: true };
    const copy = [
      'skopeo',
      'copy',
      '--quiet',
      '--insecure-policy',
      '--tmpdir',
      '/work',
      reference,
      'oci:/work/oci:image',
    ];
    const skopeo = new Sandboxed('skopeo', sandbox, copy, { rest: [] });
    const stop = (): void => skopeo.kill();
    signal.addEventListener('abort', stop, { once: true });
    const { code, words } = await skopeo.ended;
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
    if (code !== 0) throw failure(reference, code, words, folder);
    const opened = openSource(path.join(work, 'oci'), [work]);
    const close = (): void => {
      opened.close();
      remove();
    };
    return { ...opened, name: reference, close };
  } catch (error) {
    remove();
    throw error;
  }
}

function failure(reference: string, code: number | null, words: string, folder: string): AppError {
  const last = words.split('\n').at(-1) ?? '';
  // setpriv's exit code for a program that is not there.
  if (code === 127)
    return new AppError('EXEC_FAILED', `pulling ${reference}: skopeo is not installed on the host`, {
      field: 'skopeo',
      fix: 'apt-get install skopeo, or import a file that skopeo or docker save wrote elsewhere',
    });
  if (/no space left|file too large|disk quota/i.test(words))
    return new AppError('DISK_FULL', `pulling ${reference}: no space left`, {
      field: folder,
      fix: `free space on the disk of ${folder}`,
    });
  return new AppError('UNAVAILABLE', `pulling ${reference}: ${last.slice(0, 500)}`, {
    field: 'reference',
    value: reference,
    fix: 'check the name, and that the host reaches the registry',
  });
}
