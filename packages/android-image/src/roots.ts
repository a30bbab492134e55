import { type EntryStream, ROOT } from './entry.js';
import { ImageError } from './errors.js';

/** The images a phone's root is put together from. */
export type RootPart = 'ramdisk' | 'system' | 'system_ext' | 'product' | 'vendor' | 'odm';

export interface RootPlan {
  /** Lowest first, as mergeTrees takes them. */
  readonly layers: readonly { readonly part: RootPart; readonly at: string }[];
  readonly systemAsRoot: boolean;
  /** Given, but not part of the root, with the reason. */
  readonly ignored: readonly { readonly part: RootPart; readonly reason: string }[];
}

/** Mounted on the root in this order (fstab order does not matter: none lies in another). */
const MOUNTED = ['system_ext', 'product', 'vendor', 'odm'] as const;

/**
 * How partitions become one root. A system image that is the root itself (Android 9 and later: /init and /system in it)
 * lies lowest, and a ramdisk beside it is only the first stage, gone once init has switched the root. Otherwise (Android 8
 * and before, Anbox) the ramdisk is the root and system.img its /system. The others are laid over their directories.
 *
 * `systemTop`: the names at the top of the system image.
 */
export function mergeRoots(parts: ReadonlySet<RootPart>, systemTop: readonly string[]): RootPlan {
  if (!parts.has('system')) throw new ImageError('malformed', 'root', 'no system image is among the files');
  const systemAsRoot = systemTop.includes('init') && systemTop.includes('system');
  if (!systemAsRoot && !parts.has('ramdisk'))
    throw new ImageError(
      'malformed',
      'root',
      'the system image has no /init of its own; give the ramdisk (ramdisk.img or boot.img) with it',
    );
  const mounted = MOUNTED.filter((part) => parts.has(part)).map((part) => ({ part, at: part }));
  if (systemAsRoot)
    return {
      layers: [{ part: 'system', at: ROOT }, ...mounted],
      systemAsRoot,
      ignored: parts.has('ramdisk')
        ? [
            {
              part: 'ramdisk',
              reason: 'the system image is the root; its ramdisk holds only the first stage',
            },
          ]
        : [],
    };
  return {
    layers: [{ part: 'ramdisk', at: ROOT }, { part: 'system', at: 'system' }, ...mounted],
    systemAsRoot,
    ignored: [],
  };
}

/** The names at the top of a tree, as mergeRoots asks for them. */
export async function topNames(entries: EntryStream): Promise<string[]> {
  const names: string[] = [];
  for await (const { path } of entries) if (path !== ROOT && !path.includes('/')) names.push(path);
  return names;
}

/** Anbox's images are made for a phone whose root is the host's uid 100000 (scripts/create-package.sh). */
export const ANBOX_SHIFT = { from: 100_000, count: 65_536 } as const;

/** Takes `from` off owners in [from, from + count); others, which the shift did not make, stay as they are. */
export async function* shiftOwners(
  entries: EntryStream,
  { from, count }: { readonly from: number; readonly count: number } = ANBOX_SHIFT,
): EntryStream {
  const shifted = (id: number): number => (id >= from && id < from + count ? id - from : id);
  for await (const entry of entries) yield { ...entry, uid: shifted(entry.uid), gid: shifted(entry.gid) };
}
