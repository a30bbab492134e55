import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '@ancloud/kit';
import { SANDBOX_UID } from '../../core/sandbox.js';
import { type OpenSource, openSource } from './open-source.js';
import { Sandboxed } from './sandboxed.js';
import { noRoom, roomFor, temporaryName } from './temporary.js';

export interface PullOptions {
  /** Of the image store: what is pulled lies there until it is read. */
  readonly folder: string;
  /** An empty directory for the sandbox's root. */
  readonly root: string;
  /** `host[:port]` of registries that are spoken to without TLS, or whose certificate is not verified. */
  readonly insecureRegistries: readonly string[];
  readonly signal: AbortSignal;
  /** Bytes that have come so far. */
  readonly onBytes: (done: number) => void;
}

const CPU_SECONDS = 3_600;
/** How often the folder is measured: for the progress, and because the sandbox bounds a file and not all together. */
const MEASURE_MS = 500;
/** A registry that sends nothing for so long is given up: other imports wait for this one. */
const STALLED_MS = 120_000;

/**
 * Pulls an image from a registry into an OCI layout, with skopeo in a sandbox that has the network and nothing else. skopeo
 * compares every blob with its digest. The layout is removed by `close`. Errors: EXEC_FAILED without skopeo, UNAVAILABLE with its
 * words, CANCELLED, DISK_FULL.
 */
export async function pullImage(reference: string, options: PullOptions): Promise<OpenSource> {
  const { folder, root, signal, onBytes } = options;
  const work = temporaryName(folder);
  const fileBytes = roomFor(folder, 0);
  fs.mkdirSync(work, { mode: 0o700 });
  const remove = (): void => fs.rmSync(work, { recursive: true, force: true });
  try {
    fs.chownSync(work, SANDBOX_UID, SANDBOX_UID);
    const sandbox = { root, work, fileBytes, cpuSeconds: CPU_SECONDS, network: true };
    const skopeo = new Sandboxed('skopeo', sandbox, argvOf(reference, options), { rest: [] });
    const stop = (): void => skopeo.kill();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    let done = 0;
    let movedAt = performance.now();
    const stalled = (): boolean => performance.now() - movedAt > STALLED_MS;
    const measuring = setInterval(() => {
      const now = bytesIn(work);
      if (now !== done) {
        movedAt = performance.now();
        onBytes((done = now));
      }
      if (done > fileBytes || stalled()) stop();
    }, MEASURE_MS);
    const { code, words } = await skopeo.ended;
    clearInterval(measuring);
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
    if (done > fileBytes) throw noRoom(`pulling ${reference}`, folder);
    if (code !== 0)
      throw failure(reference, code, stalled() ? 'no byte has come for two minutes' : words, folder);
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

function argvOf(reference: string, { insecureRegistries }: PullOptions): string[] {
  const registry = reference.slice('docker://'.length).split('/')[0] ?? '';
  return [
    ...'skopeo copy --quiet --insecure-policy --tmpdir /work'.split(' '),
    ...(insecureRegistries.includes(registry) ? ['--src-tls-verify=false'] : []),
    reference,
    'oci:/work/oci:image',
  ];
}

/** Of all files below; what goes while it is measured counts nothing. */
function bytesIn(folder: string): number {
  let sum = 0;
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    sum += fs.lstatSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}

function failure(reference: string, code: number | null, words: string, folder: string): AppError {
  const last = words.split('\n').at(-1) ?? '';
  // setpriv's exit code for a program that is not there.
  if (code === 127)
    return new AppError('EXEC_FAILED', `pulling ${reference}: skopeo is not installed on the host`, {
      field: 'skopeo',
      fix: 'apt-get install skopeo, or import a file that skopeo or docker save wrote elsewhere',
    });
  if (/no space left|file too large|disk quota/i.test(words)) return noRoom(`pulling ${reference}`, folder);
  return new AppError('UNAVAILABLE', `pulling ${reference}: ${last.slice(0, 500)}`, {
    field: 'reference',
    value: reference,
    fix: 'check the name, and that the host reaches the registry (one without TLS: ANCLOUD_INSECURE_REGISTRIES)',
  });
}
