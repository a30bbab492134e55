/**
 * Readers of the formats Android images come in, all ending in one normalised stream of entries, which `writeTar` turns into
 * a pax tar. Pure: bytes come from a ByteSource or a ByteStream that the caller brings. Memory does not grow with content,
 * only with the number of entries and within Limits; whatever is refused is an ImageError.
 */
export { readBoot } from './boot.js';
export type { BootImage, Ramdisk } from './boot.js';
export { collect, MemorySource, readExactly, slice, streamOf } from './byte-source.js';
export type { ByteSource, ByteStream } from './byte-source.js';
export { readCpio } from './cpio.js';
export { decompress } from './decompress.js';
export { detect } from './detect.js';
export type { ImageKind } from './detect.js';
export { join, NO_XATTRS, noContent, ROOT } from './entry.js';
export type { Entry, EntryHeader, EntryStream, EntryType, Tree } from './entry.js';
export { ImageError } from './errors.js';
export type { Refusal, Where } from './errors.js';
export { readErofs } from './erofs/read-erofs.js';
export { readExt4 } from './ext4/read-ext4.js';
export { guardTree, HARMLESS_DEVICES } from './guard.js';
export type { AllowedDevice, GuardOptions } from './guard.js';
export { readSuper } from './liblp.js';
export type { LogicalPartition } from './liblp.js';
export { Budget, DEFAULT_LIMITS } from './limits.js';
export type { Limits } from './limits.js';
export { listing } from './listing.js';
export type { Listed } from './listing.js';
export { mergeTrees } from './merge.js';
export type { Layer, MergeOptions } from './merge.js';
export { ANBOX_SHIFT, mergeRoots, shiftOwners, topNames } from './roots.js';
export type { RootPart, RootPlan } from './roots.js';
export { openSparse } from './sparse.js';
export { readTar } from './tar-read.js';
export { writeTar } from './tar-write.js';
export { readZip } from './zip.js';
export type { ZipMember } from './zip.js';
