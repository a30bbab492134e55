/**
 * Readers of the formats Android images come in, all ending in one normalised stream of entries, which `writeTar` turns into
 * a pax tar. Pure: bytes come from a ByteSource or a ByteStream that the caller brings. Memory does not grow with content,
 * only with the number of entries and within Limits; whatever is refused is an ImageError.
 */
export { collect, MemorySource, readExactly, slice, streamOf } from './byte-source.js';
export type { ByteSource, ByteStream } from './byte-source.js';
export { join, NO_XATTRS, noContent, ROOT } from './entry.js';
export type { Entry, EntryHeader, EntryStream, EntryType, Tree } from './entry.js';
export { ImageError } from './errors.js';
export type { Refusal, Where } from './errors.js';
export { Budget, DEFAULT_LIMITS } from './limits.js';
export type { Limits } from './limits.js';
export { readTar } from './tar-read.js';
export { writeTar } from './tar-write.js';
