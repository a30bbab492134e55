import { type Entry, type EntryStream, guardTree, ImageError } from '@ancloud/android-image';

/**
 * What every source has in common when it is packed: names, links and devices that stay inside (guardTree), owners as the phone sees them, and no attribute but file capabilities,
 * SELinux labels and the image's own `user.` ones (`trusted.overlay.*` would speak to the overlay that phones stand on).
 */
export async function* normalised(entries: EntryStream, shift: number): AsyncGenerator<Entry> {
  for await (const entry of guardTree(entries)) {
    const xattrs = new Map(
      [...entry.xattrs].flatMap(([name, value]) =>
        isKept(name) ? [[name, name === CAPABILITY ? withoutRoot(value, shift) : value] as const] : [],
      ),
    );
    yield { ...entry, xattrs, uid: moved(entry, entry.uid, shift), gid: moved(entry, entry.gid, shift) };
  }
}

const CAPABILITY = 'security.capability';

const isKept = (name: string): boolean =>
  name === CAPABILITY || name === 'security.selinux' || name.startsWith('user.');

const REVISION = 0xff000000;
const REVISION_2 = 0x02000000;
const REVISION_3 = 0x03000000;
/** Version 2 ends here; in version 3 the id of the root follows for whom they count. */
const ROOT_ID = 20;

/**
 * File capabilities that count for the root of one user namespace only (version 3, kernel include/uapi/linux/capability.h), when
 * that is the phone's own: as version 2, for whichever root sees the file in the end.
 */
function withoutRoot(value: Uint8Array, shift: number): Uint8Array {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (value.length !== ROOT_ID + 4 || shift === 0) return value;
  const head = view.getUint32(0, true);
  if ((head & REVISION) >>> 0 !== REVISION_3 || view.getUint32(ROOT_ID, true) !== shift) return value;
  const plain = Uint8Array.from(value.subarray(0, ROOT_ID));
  new DataView(plain.buffer).setUint32(0, (head & ~REVISION) | REVISION_2, true);
  return plain;
}

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
