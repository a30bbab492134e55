import type { ImageSource } from '@ancloud/contracts/common/v1/common';
import type { ImportImageProgress, ImportImageRequest } from '@ancloud/contracts/container/v1/container';
import { AppError } from '@ancloud/kit';
import type { ImportSource } from '../io/image-import.js';
import type { Host } from '../reconcile/host.js';
import { imageRecord } from '../reconcile/host-record.js';

/** Within one phase progress is told at most this often, ms. */
const TOLD_MS = 100;
/** Who follows must hear of us while a phase has nothing new to tell, ms. */
const HEARTBEAT_MS = 5_000;
const SOURCES_MAX = 32;

/** ImportImage: the import with its progress written as it comes. */
export async function importImage(
  host: Host,
  request: ImportImageRequest,
  write: (progress: ImportImageProgress) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const sources = sourcesOf(request);
  const { clock } = host;
  let last: ImportImageProgress = { phase: 'waiting', bytesDone: 0, bytesTotal: 0 };
  let told = -Infinity;
  const tell = (): void => {
    told = clock.monotonic();
    void write(last);
  };
  const heartbeat = setInterval(() => {
    if (clock.monotonic() - told >= HEARTBEAT_MS) tell();
  }, HEARTBEAT_MS / 2);
  try {
    const image = await host.importer.import({
      sources,
      profile: request.profile,
      name: request.name || nameOf(sources),
      signal,
      progress: (phase, bytesDone, bytesTotal) => {
        const next = phase !== last.phase;
        last = { phase, bytesDone, bytesTotal };
        if (next || clock.monotonic() - told >= TOLD_MS || (bytesTotal > 0 && bytesDone === bytesTotal))
          tell();
      },
    });
    host.phones.nudgeAll();
    const record = imageRecord(host, image);
    await write({ phase: 'done', bytesDone: image.size, bytesTotal: image.size, image: record });
  } finally {
    clearInterval(heartbeat);
  }
}

function sourcesOf({ path, sources }: ImportImageRequest): ImportSource[] {
  const wrong = (field: string, value: string, message: string, fix: string): AppError =>
    new AppError('INVALID_ARGUMENT', `importing an image: ${message}`, { field, value, fix });
  if (path !== '' && sources.length > 0)
    throw wrong('path', path, 'both path and sources are given', 'give one of them');
  if (path !== '') return [{ kind: 'path', where: path, sha256: '' }];
  if (sources.length === 0 || sources.length > SOURCES_MAX)
    throw wrong(
      'sources',
      String(sources.length),
      `there are ${sources.length} sources`,
      `give 1-${SOURCES_MAX}`,
    );
  return sources.map((source) => {
    const { sha256 } = source;
    if (sha256 !== '' && !/^[0-9a-f]{64}$/.test(sha256))
      throw wrong('sources.sha256', sha256, 'a sha256 is not 64 hex digits', 'write it in lower case');
    return { ...placeOf(source, wrong), sha256 };
  });
}

function placeOf(
  { source }: ImageSource,
  wrong: (field: string, value: string, message: string, fix: string) => AppError,
): Pick<ImportSource, 'kind' | 'where'> {
  switch (source?.$case) {
    case 'path':
      return { kind: 'path', where: source.value };
    case 'uploadId':
      return { kind: 'upload', where: source.value };
    case 'reference':
      if (/^docker:\/\/[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/.test(source.value))
        return { kind: 'reference', where: source.value };
      throw wrong(
        'sources.reference',
        source.value,
        'a reference is none that can be pulled',
        'write docker://registry/name:tag',
      );
    default:
      throw wrong('sources', '', 'a source is of no kind', 'name a path, an upload or a reference');
  }
}

function nameOf([first]: readonly ImportSource[]): string {
  return first?.where.split('/').at(-1) ?? '';
}
