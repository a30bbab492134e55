import { Profile, profileFromJSON, profileToJSON } from '@ancloud/contracts/common/v1/common';

/** What an archive says of its snapshot: all that another host has to know. */
export interface ArchivedSnapshot {
  readonly name: string;
  readonly phoneId: string;
  readonly imageId: string;
  readonly profile: Profile;
  readonly createdAtMs: number;
  /** Of the squashfs, which is the first so many bytes of the archive. */
  readonly size: number;
  readonly sha256: string;
}

/** The last bytes of an archive: the length of the JSON before them, u32 little-endian, and this word. */
const MAGIC = Buffer.from('ancloud-snapshot', 'latin1');
const FOOTER = 4 + MAGIC.length;
const JSON_MAX = 16 * 1024;
/** As many bytes from an archive's end hold its whole trailer. */
export const TRAILER_MAX = JSON_MAX + FOOTER;

/**
 * What follows the squashfs in an archive. A squashfs ends where its superblock says: so the archive can be mounted as it is,
 * and reading one needs no unpacking.
 */
export function trailerOf(snapshot: ArchivedSnapshot): Buffer {
  const { name, phoneId, imageId, profile, createdAtMs, size, sha256 } = snapshot;
  const told = { name, phoneId, imageId, profile: profileToJSON(profile), createdAtMs, size, sha256 };
  const text = Buffer.from(JSON.stringify(told));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([text, length, MAGIC]);
}

/** Reads the end of a file of `fileSize` bytes; or says why that is no archive. */
export function readTrailer(
  end: Buffer,
  fileSize: number,
): { readonly snapshot: ArchivedSnapshot } | { readonly problem: string } {
  if (end.length < FOOTER || !end.subarray(-MAGIC.length).equals(MAGIC))
    return { problem: 'it does not end as a snapshot’s archive does: it is another file, or was cut' };
  const length = end.readUInt32LE(end.length - FOOTER);
  if (length > JSON_MAX || length > end.length - FOOTER)
    return { problem: `its description has ${length} bytes; at most ${JSON_MAX} are read` };
  const snapshot = parse(end.subarray(end.length - FOOTER - length, end.length - FOOTER).toString());
  if (snapshot === undefined) return { problem: 'its description cannot be read' };
  const whole = snapshot.size + length + FOOTER;
  if (whole !== fileSize) return { problem: `it has ${fileSize} bytes, and says that it has ${whole}` };
  return { snapshot };
}

function parse(text: string): ArchivedSnapshot | undefined {
  let raw: Readonly<Record<string, unknown>>;
  try {
    raw = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { name, phoneId, imageId, createdAtMs, size, sha256 } = raw;
  const profile = profileFromJSON(raw['profile']);
  if (typeof name !== 'string' || typeof phoneId !== 'string' || typeof imageId !== 'string')
    return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || profile === Profile.UNRECOGNIZED)
    return undefined;
  if (!isCount(createdAtMs) || !isCount(size)) return undefined;
  return { name: name.slice(0, 63), phoneId, imageId, profile, createdAtMs, size, sha256 };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
