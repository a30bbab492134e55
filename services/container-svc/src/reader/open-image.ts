import { type ByteSource, type EntryStream, ImageError, readTar } from '@ancloud/android-image';
import { compressionOf, decompressed } from './decompress.js';
import { FileSource } from './file-source.js';
import type { ImageKind, ReaderPlan } from './report.js';

export interface OpenImage {
  readonly kind: ImageKind;
  readonly entries: EntryStream;
}

/** Finds out what the plan's files are. Errors: ImageError. */
export async function openImage(plan: ReaderPlan, onRead: (bytes: number) => void): Promise<OpenImage> {
  if (plan.kind !== 'files') return { kind: plan.kind, entries: readTar(counted(process.stdin, onRead)) };
  const files = new Map<string, ByteSource>(
    plan.files.map(({ name, fd, size }) => [name, new FileSource(fd, size, onRead)]),
  );
  const [[name, only] = []] = files;
  if (name === undefined || only === undefined || files.size > 1)
    throw new ImageError('unsupported', 'image', 'several files that are not read together');
  return fromFile(name, only);
}

async function fromFile(name: string, source: ByteSource): Promise<OpenImage> {
  const head = await source.read(0, 512);
  if (compressionOf(head) !== 'none' || isTar(head))
    return { kind: 'rootfs-tar', entries: readTar(decompressed(source)) };
  throw new ImageError('unsupported', name, 'it is none of the formats that are read');
}

const isTar = (head: Uint8Array): boolean =>
  Buffer.from(head.subarray(257, 262)).toString('latin1') === 'ustar';

async function* counted(
  stream: AsyncIterable<Buffer>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of stream) {
    onRead(bytes.length);
    yield bytes;
  }
}
