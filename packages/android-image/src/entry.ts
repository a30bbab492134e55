import type { ByteStream } from './byte-source.js';

export type EntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';

/** What an entry is, without its bytes. */
export interface EntryHeader {
  /** Relative, '/' between names, no '.', no '..', no empty names. The root directory itself is '.'. */
  readonly path: string;
  readonly type: EntryType;
  /** Permission bits with set-uid, set-gid and sticky: 0–0o7777. For a hard link that of its target, or 0. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970, whole. */
  readonly mtime: number;
  /** Bytes of content; 0 for everything but a file. */
  readonly size: number;
  /** symlink: as stored, may be absolute. hardlink: the path of an entry that came before, normalised as `path`. */
  readonly linkTarget?: string;
  /** char and block only. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Full names: 'security.capability', 'security.selinux', 'user.x'. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

/**
 * One member of a tree. Readers give directories before what is in them, and a hard link after its target.
 *
 * `content` gives exactly `size` bytes, once, and only until the next entry is asked for; a reader skips what was not
 * read. An entry without content gives nothing.
 */
export interface Entry extends EntryHeader {
  readonly content: () => ByteStream;
}

/** A tree as a stream. Leaving the loop early (break, throw) frees what the reader holds. */
export type EntryStream = AsyncIterable<Entry>;

/** A tree that can be read more than once, as an overlay of trees needs. Each `open` reads from the start. */
export interface Tree {
  /** For messages: "system.img", "layer 3 (sha256:…)". */
  readonly name: string;
  readonly open: () => EntryStream;
}

export const ROOT = '.';
export const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

/** Content of everything that is no file. */
export async function* noContent(): AsyncGenerator<Uint8Array> {}

/** `child` below `parent`, either of which may be the root. */
export const join = (parent: string, child: string): string =>
  parent === ROOT ? child : child === ROOT ? parent : `${parent}/${child}`;
