import { z } from 'zod';

/** What the reader is told, as its one argument. */
export interface ReaderPlan {
  /** `files`: those below. Otherwise a tar of the tree comes on stdin. */
  readonly kind: 'files' | 'directory' | 'squashfs';
  /** Open files, in the order in which they were named. */
  readonly files: readonly { readonly name: string; readonly size: number; readonly fd: number }[];
  /** A file it may fill. */
  readonly scratchFd: number;
  /** Most bytes of the scratch file. */
  readonly maxBytes: number;
  /** Subtracted from every owner; Anbox's images have theirs shifted by 100000. */
  readonly shift: number;
}

/** Everything the reader says, one JSON line each on descriptor 3. It has read hostile bytes: nothing of it is believed unchecked. */
export const readerReport = z.discriminatedUnion('type', [
  /** Bytes of the source so far. */
  z.object({ type: z.literal('progress'), done: z.int().min(0) }),
  z.object({
    type: z.literal('done'),
    kind: z.enum(['oci', 'docker-archive', 'partitions', 'rootfs-tar', 'directory', 'squashfs']),
    entries: z.int().min(0),
    /** Bytes of all files together. */
    bytes: z.int().min(0),
    /** Whether a program or library for 32-bit x86 is in it. */
    has32BitX86: z.boolean(),
  }),
  z.object({
    type: z.literal('refused'),
    code: z.enum(['IMAGE_INVALID', 'DISK_FULL']),
    message: z.string().max(2_000),
    fix: z.string().max(500),
  }),
]);

export type ReaderReport = z.output<typeof readerReport>;
export type ImageKind = Extract<ReaderReport, { type: 'done' }>['kind'];
