import { ScrcpyError } from './errors.js';

/** A scrcpy server version. The server refuses any other text than exactly its own as first argument. */
export interface ScrcpyVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** As given, e.g. `3.3.4`. */
  readonly text: string;
}

/**
 * Layout of the media sockets (app/src/demuxer.c of the tags v2.0 to v4.1).
 * - `v3`: servers 2.0 to 3.x. One 12-byte video header; config is bit 63, key frame bit 62; no session packets.
 * - `v4`: servers 4.x. Session packets carry the size; config is bit 62, key frame bit 61.
 */
export type MediaDialect = 'v3' | 'v4';

/** Newest minor of each major whose formats were read at its tag; a newer one may have moved bits. */
const NEWEST_MINOR: Readonly<Record<number, number>> = { 2: 7, 3: 3, 4: 1 };

/**
 * Parses `major.minor[.patch]`.
 * @throws ScrcpyError SCRCPY_VERSION_UNSUPPORTED for anything but 2.0-2.7, 3.0-3.3 and 4.0-4.1 (any patch).
 */
export function parseScrcpyVersion(text: string): ScrcpyVersion {
  const match = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?$/.exec(text);
  const [major, minor, patch] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3] ?? 0)];
  const newest = NEWEST_MINOR[major];
  if (match === null || newest === undefined || minor > newest)
    throw new ScrcpyError(
      'SCRCPY_VERSION_UNSUPPORTED',
      `scrcpy server version ${JSON.stringify(text)} is not known; use 2.0-2.7, 3.0-3.3.x or 4.0-4.1`,
    );
  return { major, minor, patch, text };
}

/** True when `version` is `major.minor.patch` or newer. */
export function atLeast(version: ScrcpyVersion, major: number, minor: number, patch = 0): boolean {
  if (version.major !== major) return version.major > major;
  if (version.minor !== minor) return version.minor > minor;
  return version.patch >= patch;
}

/** Which layout the media sockets of this server have. */
export function mediaDialect(version: ScrcpyVersion): MediaDialect {
  return version.major >= 4 ? 'v4' : 'v3';
}
