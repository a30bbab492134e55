import fs from 'node:fs';
import { AppError } from '@ancloud/kit';
import { SANDBOX_UID, type SandboxOptions } from '../../core/sandbox.js';
import type { ReaderPlan, ReaderReport } from '../../reader/report.js';
import { WORKSPACE } from '../../workspace.js';
import { pipe } from '../syscalls.js';
import { type ReaderEnd, readReports } from './reports.js';
import { type Ended, Sandboxed } from './sandboxed.js';

/** What is read: files that were opened by us, or a tree that tar reads. */
export type PackSource =
  | { readonly kind: 'files'; readonly files: readonly { name: string; fd: number; size: number }[] }
  | {
      readonly kind: 'directory';
      /** Open; its path would be looked up anew, and may be another directory by then. */
      readonly fd: number;
      /** Subtracted from all owners; default 0. */
      readonly shift?: number;
    }
  | {
      readonly kind: 'squashfs';
      readonly path: string;
      /** Subtracted from all owners. */
      readonly shift: number;
    };

export interface PackOptions {
  readonly source: PackSource;
  /** `data`: of a phone. Times of files are kept, and speed counts more than size. */
  readonly content: 'image' | 'data';
  /** The squashfs is written here: an empty file of ours, open for reading and writing. */
  readonly target: number;
  /** For what must be unpacked before it can be read (a zip's members): an unlinked file of ours. */
  readonly scratch: number;
  /** An empty directory for the sandboxes' roots. */
  readonly root: string;
  /** Largest squashfs, and largest scratch file, bytes. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly onReport: (report: ReaderReport) => void;
}

const CPU_SECONDS = 4 * 3_600;
/** Node's heap, MiB: an image of a million entries fits. */
const HEAP_MIB = 512;
const READER = '/app/services/container-svc/bundle/reader/main.js';

/** 2009-01-01, the time AOSP itself gives to every file of an image (releasetools/add_img_to_target_files.py). */
const FILE_TIME = 1_230_768_000;
/**
 * sqfstar by its other name: as `sqfstar` squashfs-tools 4.5.1 takes no compression level, and zstd's default of 15 costs ten
 * times the time of 9 for a fifteenth of the size. Every time is fixed, the root directory's among them, which otherwise
 * is that of packing: so the same tree gives the same bytes, and the same image id.
 */
const PACKER = [
  'mksquashfs',
  '-',
  '/proc/self/fd/3',
  ...'-tar -noappend -quiet -no-progress -exit-on-error -comp zstd -mem 256M -mkfs-time 0'.split(' '),
  ...'-root-uid 0 -root-gid 0 -root-mode 0755'.split(' '),
];
const PACKED_AS = {
  image: `-Xcompression-level 9 -all-time ${FILE_TIME}`.split(' '),
  data: '-Xcompression-level 3'.split(' '),
} as const;
/** Everything, also file capabilities; names in an image are bytes, ids are numbers. */
const TAR = [
  ...'tar --create --format=posix --numeric-owner --xattrs --xattrs-include=* --sort=name'.split(' '),
  ...'--pax-option=delete=atime,delete=ctime --directory=/source .'.split(' '),
];

/**
 * Source → our reader → mksquashfs → `target`, each in a sandbox of its own, bytes from one to the next by pipes that do not
 * pass through this process. When one fails the others are ended; the reader's reason comes first, it knows the bytes.
 *
 * Errors: IMAGE_INVALID with what was found, DISK_FULL, CANCELLED, EXEC_FAILED when a program is missing.
 */
export async function pack(options: PackOptions): Promise<ReaderEnd> {
  const { source, target, scratch, root, maxBytes, signal } = options;
  signal.throwIfAborted();
  fs.fchownSync(target, SANDBOX_UID, SANDBOX_UID);
  const common: SandboxOptions = {
    root,
    fileBytes: maxBytes,
    cpuSeconds: CPU_SECONDS,
  };
  const programs: Sandboxed[] = [];
  const pipes: number[] = [];
  const makePipe = (): [number, number] => {
    const ends = pipe();
    pipes.push(...ends);
    return ends;
  };
  const stop = (): void => programs.forEach((program) => program.kill());
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [packerIn, readerOut] = makePipe();
    const packer = [...PACKER, ...PACKED_AS[options.content]];
    programs.push(new Sandboxed('mksquashfs', common, packer, { 0: packerIn, rest: [target] }));
    const files = source.kind === 'files' ? source.files : [];
    let readerIn: number | undefined;
    if (source.kind !== 'files') {
      const [end, tarOut] = makePipe();
      readerIn = end;
      const at = source.kind === 'directory' ? '/proc/self/fd/3' : source.path;
      const tree: SandboxOptions = { ...common, source: { kind: source.kind, path: at }, readsAll: true };
      const rest = source.kind === 'directory' ? [source.fd] : [];
      programs.push(new Sandboxed('tar', tree, TAR, { 1: tarOut, rest }));
    }
    const plan: ReaderPlan = {
      files: files.map(({ name, size }, index) => ({ name, size, fd: 5 + index })),
      scratchFd: 4,
      maxBytes,
      kind: source.kind,
      shift: source.kind === 'files' ? 0 : (source.shift ?? 0),
    };
    const reader = new Sandboxed(
      'reader',
      { ...common, node: { app: WORKSPACE, program: fs.realpathSync(process.execPath) } },
      ['/node', `--max-old-space-size=${HEAP_MIB}`, READER, JSON.stringify(plan)],
      {
        ...(readerIn === undefined ? {} : { 0: readerIn }),
        1: readerOut,
        rest: ['pipe', scratch, ...files.map(({ fd }) => fd)],
      },
    );
    programs.push(reader);
    for (const fd of pipes.splice(0)) fs.closeSync(fd);
    const reports = readReports(reader.output(3), options.onReport);
    // The first that fails ends the others, which otherwise might wait for it.
    const ends = new Map<string, Ended>();
    const follow = async (program: Sandboxed): Promise<void> => {
      const end = await program.ended;
      ends.set(program.name, end);
      if (end.code !== 0) stop();
    };
    await Promise.all(programs.map(follow));
    const said = await reports;
    if (signal.aborted) throw new AppError('CANCELLED', 'importing: the caller went away');
    return judge(ends, said);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    for (const fd of pipes) fs.closeSync(fd);
    await Promise.all(programs.map((program) => program.ended));
  }
}

/** Turns three endings into one answer. */
function judge(ends: ReadonlyMap<string, Ended>, said: ReaderEnd | AppError | undefined): ReaderEnd {
  const failed = [...ends].filter(([, { code }]) => code !== 0);
  const words = failed.map(([name, { words: last }]) => `${name}: ${last.split('\n').slice(-3).join(' | ')}`);
  const all = words.join('; ');
  if (/No space left on device|ENOSPC|Disk quota exceeded/.test(all))
    throw new AppError('DISK_FULL', 'packing the image: no space left', {
      fix: 'free space on the disk of the state directory',
    });
  if (/File too large|EFBIG/.test(all))
    throw new AppError('DISK_FULL', 'packing the image: it is larger than what may be used of the disk', {
      fix: 'free space on the disk of the state directory',
    });
  // Its pipe breaks when mksquashfs ends first: that is a consequence, and it says nothing then.
  if (said instanceof AppError) throw said;
  const missing =
    /(?:exec|execute|failed to run|chroot:.*) ?['"\u2018]?(mksquashfs|tar)\b.*No such file/i.exec(all);
  if (missing !== null)
    throw new AppError('EXEC_FAILED', `packing the image: ${missing[1]} is not installed`, {
      field: missing[1] ?? '',
      fix: 'install squashfs-tools 4.5 or newer',
    });
  if (failed.length > 0 || said === undefined)
    throw new AppError('IMAGE_INVALID', `packing the image failed: ${all === '' ? 'no end was told' : all}`);
  return said;
}
