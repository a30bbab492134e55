import fs from 'node:fs';
import {
  type ByteSource,
  detect,
  type EntryStream,
  ImageError,
  mergeTrees,
  readTar,
  slice,
} from '@ancloud/android-image';
import { decompressed } from './decompress.js';
import { FileSource } from './file-source.js';
import { dockerArchiveEntries, type FileSet, ociEntries } from './oci.js';
import { partitionEntries, partOf } from './partitions.js';
import type { ImageKind, ReaderPlan } from './report.js';
import { Scratch } from './scratch.js';
import { indexTar } from './tar-index.js';
import { withoutZips } from './zips.js';

export interface OpenImage {
  readonly kind: ImageKind;
  readonly entries: EntryStream;
}

/** Our stdin, read in larger pieces than process.stdin's. */
const TAR = { fd: 0, autoClose: false, highWaterMark: 256 * 1024 };

type OnRead = (bytes: number) => void;

/** Finds out what the plan's files are. Errors: ImageError. */
export async function openImage(plan: ReaderPlan, onRead: OnRead): Promise<OpenImage> {
  if (plan.kind !== 'files')
    return { kind: plan.kind, entries: readTar(counted(fs.createReadStream('', TAR), onRead)) };
  const given = new Map<string, ByteSource>(
    plan.files.map(({ name, fd, size }) => [name, new FileSource(fd, size, onRead)]),
  );
  const together = await fromSet(given);
  if (together !== undefined) return together;
  const scratch = new Scratch(plan, onRead);
  const files = await withoutZips(given, scratch);
  if ([...files.keys()].some((name) => partOf(name) !== undefined))
    return { kind: 'partitions', entries: await partitionEntries(files) };
  const [[name, only] = []] = files;
  if (name === undefined || only === undefined || files.size > 1)
    throw new ImageError(
      'unsupported',
      [...files.keys()].join(', ').slice(0, 300),
      'these files together are no image that is read here',
    );
  return fromFile(name, only, scratch);
}

/** Either makes an archive one of an image's layers. */
const MANIFESTS: readonly string[] = ['oci-layout', 'manifest.json'];

/** An image archive, when the names are those of one. */
async function fromSet(files: FileSet): Promise<OpenImage | undefined> {
  if (files.has('oci-layout') && files.has('index.json'))
    return { kind: 'oci', entries: await ociEntries(files) };
  if (files.has('manifest.json'))
    return { kind: 'docker-archive', entries: await dockerArchiveEntries(files) };
  return undefined;
}

async function fromFile(name: string, source: ByteSource, scratch: Scratch): Promise<OpenImage> {
  const kind = await detect(source);
  switch (kind) {
    case 'tar':
      return fromTar(name, source);
    case 'ext4':
    case 'erofs':
    case 'sparse':
    case 'super':
      return { kind: 'partitions', entries: await partitionEntries(new Map([['system.img', source]])) };
    case 'gzip':
    case 'zstd':
      // Layers lie anywhere in an archive, so a packed one must be unpacked before it can be read.
      return (await holdsImage(source))
        ? fromTar(name, await scratch.keep(decompressed(source)))
        : { kind: 'rootfs-tar', entries: wholeTar(name, source) };
    default: {
      const head = Buffer.from(await source.read(0, 4)).toString('hex');
      throw new ImageError(
        'unsupported',
        name,
        kind === undefined
          ? `it is of no kind that is known here (it begins with ${head})`
          : `it is ${kind}, which is not read here`,
      );
    }
  }
}

async function fromTar(name: string, source: ByteSource): Promise<OpenImage> {
  const files = await archiveIn(source);
  const archive = files === undefined ? undefined : await fromSet(files);
  return archive ?? { kind: 'rootfs-tar', entries: wholeTar(name, source) };
}

/** The members of a tar that may be an image archive. Those of a root filesystem, which may be a million, are not kept. */
async function archiveIn(source: ByteSource): Promise<FileSet | undefined> {
  const members = await indexTar(source);
  if (members.has('system/build.prop') || !MANIFESTS.some((file) => members.has(file))) return undefined;
  return new Map([...members].map(([name, { offset, size }]) => [name, slice(source, offset, size, 'tar')]));
}

/** In good order: of members of one name the last, and directories before what is in them, made up where there is none. */
const wholeTar = (name: string, source: ByteSource): EntryStream =>
  mergeTrees([{ name, open: () => readTar(decompressed(source)) }]);

/** Whether a packed tar is an image archive: its names are looked at until that, or that it is none, is clear. */
async function holdsImage(source: ByteSource): Promise<boolean> {
  for await (const { path } of readTar(decompressed(source))) {
    if (MANIFESTS.includes(path)) return true;
    if (path === 'init' || path.startsWith('system/')) return false;
  }
  return false;
}

async function* counted(stream: AsyncIterable<Buffer>, onRead: OnRead): AsyncGenerator<Uint8Array> {
  for await (const bytes of stream) {
    onRead(bytes.length);
    yield bytes;
  }
}
