import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Entry, NO_XATTRS, noContent } from '@ancloud/android-image';
import type { ImportImageProgress, ImportImageRequest } from '@ancloud/contracts/container/v1/container';
import type { ImageRecord } from '@ancloud/contracts/state/v1/state';
import { ImportImageRequest as Request } from '@ancloud/contracts/container/v1/container';
import { LoneHost, type LoneHostOptions } from '../faults/lone-host.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { buildGuest } from '../harness/build-guest.js';

export const run = promisify(execFile);

/** What entries of an archive that is made entry by entry have in common. */
export const common = {
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
  size: 0,
  xattrs: NO_XATTRS,
  content: noContent,
};
/** A file of one. */
export const file = (path: string, text = 'x'): Entry => ({
  ...common,
  path,
  type: 'file',
  size: Buffer.byteLength(text),
  async *content() {
    yield Buffer.from(text);
  },
});

/** A host, and the reference guest's tree unpacked, to make images of. */
export class ImageHost {
  readonly host: LoneHost;
  /** The guest's root filesystem, owners and capabilities as in the image. */
  readonly tree: string;

  private constructor(host: LoneHost, tree: string) {
    this.host = host;
    this.tree = tree;
  }

  static async start(options: LoneHostOptions = {}): Promise<ImageHost> {
    const host = new LoneHost(options);
    const tree = path.join(host.root, 'tree');
    const guest = await buildGuest();
    await run('unsquashfs', ['-quiet', '-no-progress', '-dest', tree, guest], { maxBuffer: 16 << 20 });
    await host.start();
    return new ImageHost(host, tree);
  }

  /** A name in a folder the host may import from. */
  at(name: string): string {
    return path.join(this.host.imports, name);
  }

  /** Imports; answers the record and everything that was told before. */
  async import(
    request: Partial<ImportImageRequest>,
  ): Promise<{ image: ImageRecord; progress: ImportImageProgress[] }> {
    const progress: ImportImageProgress[] = [];
    for await (const one of this.host.phones.importImage(Request.fromPartial(request))) progress.push(one);
    const image = progress.at(-1)?.image;
    if (image === undefined) throw new Error('the import ended without an image');
    return { image, progress };
  }

  /** What stands in the image store: names, sorted. */
  store(): string[] {
    return fs.readdirSync(path.join(this.host.place.state, 'images')).toSorted();
  }

  /** The store is empty, and no program of the sandbox's user lives: a killed one is collected a moment after its import. */
  async nothingLeft(): Promise<void> {
    await eventually(() => {
      const store = this.store();
      if (store.length > 0) throw new NotYet(`still in the store: ${store.join(', ')}`);
      const left = sandboxed();
      if (left.length > 0) throw new NotYet(`still running: ${left.join(', ')}`);
    });
  }

  async remove(): Promise<string[]> {
    return this.host.remove();
  }
}

/** One layer with the whole tree, tagged `guest`. */
export async function ociLayout(folder: string, tree: string): Promise<void> {
  await run('umoci', ['init', '--layout', folder]);
  await run('umoci', ['new', '--image', `${folder}:guest`]);
  await run('umoci', ['insert', '--image', `${folder}:guest`, tree, '/']);
}

/** Largest resident memory so far of the program that reads an image's bytes, MiB (VmHWM, proc_pid_status(5)); undefined when none runs. */
export function readerPeak(): number | undefined {
  for (const pid of sandboxed()) {
    try {
      if (!fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('bundle/reader/main.js')) continue;
      const kib = /^VmHWM:\s*(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
      if (kib !== undefined) return Number(kib) / 1024;
    } catch {
      // It has ended since it was listed.
    }
  }
  return undefined;
}

/** Processes of the sandbox's user, on the whole machine. */
function sandboxed(): string[] {
  return fs
    .readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => fs.statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === 268_435_454);
}
