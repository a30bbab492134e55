import { type EntryHeader, type EntryStream, ROOT } from './entry.js';
import { ImageError } from './errors.js';
import { Budget, type Limits } from './limits.js';
import { ancestors } from './merge.js';

const FORMAT = 'image';

export interface AllowedDevice {
  readonly type: 'char' | 'block';
  readonly major: number;
  readonly minor: number;
}

const char = (major: number, minor: number): AllowedDevice => ({ type: 'char', major, minor });

/** What a root file system may bring: devices that give nobody anything (Linux Documentation/admin-guide/devices.txt). */
export const HARMLESS_DEVICES: readonly AllowedDevice[] = [
  char(1, 3), // null
  char(1, 5), // zero
  char(1, 7), // full
  char(1, 8), // random
  char(1, 9), // urandom
  char(5, 0), // tty
  char(5, 1), // console
  char(5, 2), // ptmx
];

export interface GuardOptions {
  /** Device nodes an image may hold; any other is refused. Default HARMLESS_DEVICES. */
  readonly devices?: readonly AllowedDevice[];
  readonly limits?: Partial<Limits>;
}

/**
 * Passes entries on, in order, as long as unpacking them one after the other can only ever write inside the tree: paths are
 * relative and plain; parents come first and are directories, so nothing is written through a symlink; no path comes twice;
 * a hard link goes to a non-directory that came before; devices are on the list. The last check before a tree leaves.
 */
export async function* guardTree(entries: EntryStream, options: GuardOptions = {}): EntryStream {
  const budget = new Budget(FORMAT, options.limits);
  const devices = options.devices ?? HARMLESS_DEVICES;
  const seen = new Map<string, EntryHeader['type']>();
  for await (const entry of entries) {
    const { path, type } = entry;
    budget.entry({ path });
    checkPath(path, budget);
    if (seen.has(path)) refuse('unsafe', 'a path that comes twice', path);
    for (const parent of ancestors(path)) {
      const found = seen.get(parent);
      if (found === undefined) refuse('malformed', 'an entry before its directory', path);
      if (found === 'symlink')
        refuse('unsafe', `an entry behind the symlink ${JSON.stringify(parent)}`, path);
      if (found !== 'directory')
        refuse('malformed', `an entry below the ${found} ${JSON.stringify(parent)}`, path);
    }
    if (path === ROOT && type !== 'directory') refuse('malformed', `a root that is a ${type}`, path);
    if (type === 'hardlink') {
      const target = seen.get(entry.linkTarget ?? '');
      if (target === undefined || target === 'directory')
        refuse('unsafe', `a hard link to ${target ?? 'nothing that came before'}`, path);
    }
    if (type === 'symlink') budget.nameBytes(Buffer.byteLength(entry.linkTarget ?? ''), { path });
    if (type === 'char' || type === 'block') {
      const { major, minor } = entry.device ?? { major: -1, minor: -1 };
      if (!devices.some((one) => one.type === type && one.major === major && one.minor === minor))
        refuse('unsafe', `the ${type} device ${major}:${minor}, which is not on the list`, path);
    }
    if (type === 'file') budget.bytes(entry.size, { path });
    let xattrs = 0;
    for (const [name, value] of entry.xattrs) xattrs += name.length + value.length;
    budget.xattrBytes(xattrs, { path });
    seen.set(path, type);
    yield entry;
  }
}

function checkPath(path: string, budget: Budget): void {
  budget.nameBytes(Buffer.byteLength(path), { path });
  if (path === ROOT) return;
  const parts = path.split('/');
  budget.depth(parts.length, { path });
  if (parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0'))
    refuse('unsafe', 'a path that is not plain', path);
}

function refuse(refusal: 'unsafe' | 'malformed', what: string, path: string): never {
  throw new ImageError(refusal, FORMAT, what, { path });
}
