import { type Entry, type EntryStream, guardTree, ImageError } from '@ancloud/android-image';

/**
 * What every source has in common when it is packed: names, links and devices that stay inside (guardTree), owners as the phone sees them, and no attribute but file capabilities,
 * SELinux labels and the image's own `user.` ones (`trusted.overlay.*` would speak to the overlay that phones stand on).
 */
export async function* normalised(entries: EntryStream, shift: number): AsyncGenerator<Entry> {
  for await (const entry of guardTree(entries)) {
    const xattrs = new Map([...entry.xattrs].filter(([name]) => isKept(name)));
    yield { ...entry, xattrs, uid: moved(entry, entry.uid, shift), gid: moved(entry, entry.gid, shift) };
  }
}

const isKept = (name: string): boolean =>
  name === 'security.capability' || name === 'security.selinux' || name.startsWith('user.');

/** Ids below the shift stay: Anbox's script moves 0–65535, and what was not moved belongs to nobody inside. */
function moved({ path }: Entry, id: number, shift: number): number {
  const result = id >= shift ? id - shift : id;
  // What a phone's user namespace maps (docs/state.md, Owners of files).
  if (result >= 2 ** 21)
    throw new ImageError('unsafe', 'image', `a file of user or group ${id}; a phone has ids below 2097152`, {
      path,
    });
  return result;
}
