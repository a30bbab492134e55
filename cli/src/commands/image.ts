import path from 'node:path';
import { AppError } from '@ancloud/kit/errors';
import { GatewayClient, type OperationView } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';
import { mib, uploadFile } from './image-upload.js';

interface ImageView {
  readonly imageId: string;
  readonly name: string;
  readonly profile: string;
  readonly size: number;
  readonly androidVersion: string;
  readonly abis: readonly string[];
  readonly source: string;
  readonly users: number;
}

interface HostImageView {
  readonly image: ImageView;
  readonly hostIds: readonly string[];
}

export interface ImageImportOptions {
  readonly profile?: string;
  readonly name?: string;
  readonly host?: string;
  readonly upload?: boolean;
  /** 64 hex digits for each source, in their order. */
  readonly sha256?: readonly string[];
}

type Source =
  | { readonly path: string; readonly sha256?: string }
  | { readonly uploadId: string; readonly sha256?: string }
  | { readonly reference: string };

/** Of a digest, in lists: as git shortens its own, and enough for any store. */
const SHORT = 'sha256:'.length + 12;

/** `./ancloud image ls` */
export async function imageLs(layout: Layout, output: Output): Promise<void> {
  const { images } = await new GatewayClient(layout).get<{ images: HostImageView[] }>('/v1/images');
  const rows = images.map(({ image, hostIds }) => [
    image.imageId.slice(0, SHORT),
    image.name,
    image.profile,
    image.androidVersion,
    image.abis.join(','),
    mib(image.size),
    image.source,
    String(image.users),
    hostIds.join(' '),
  ]);
  const head = ['IMAGE', 'NAME', 'PROFILE', 'ANDROID', 'ABIS', 'SIZE', 'SOURCE', 'PHONES', 'HOSTS'];
  output.result(images, table(head, rows));
}

/** `./ancloud image rm ID`: the id may be shortened, as `image ls` shows it, with or without `sha256:`. */
export async function imageRm(
  layout: Layout,
  id: string,
  options: { readonly host?: string },
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const { images } = await client.get<{ images: HostImageView[] }>('/v1/images');
  const wanted = id.startsWith('sha256:') ? id : `sha256:${id}`;
  const found = images.filter(({ image }) => image.imageId.startsWith(wanted));
  if (id === '' || found.length > 1)
    throw new AppError('INVALID_ARGUMENT', `'${id}' does not name one image`, {
      field: 'id',
      value: id,
      fix: './ancloud image ls shows the ids',
    });
  const imageId = found[0]?.image.imageId ?? wanted;
  const query = options.host === undefined ? '' : `?hostId=${encodeURIComponent(options.host)}`;
  await client.request('DELETE', `/v1/images/${encodeURIComponent(imageId)}${query}`, { timeoutMs: 60_000 });
  output.result({ imageId }, `removed ${imageId}`);
}

/**
 * `./ancloud image import SOURCE…`: one image, or the partitions of one. A path is one of the host's, unless `--upload` or
 * another machine's farm (ANCLOUD_URL) says that the files are here; `docker://…` is pulled by the host. Uploads are kept when
 * the import fails, so that it can be tried again at once, and removed when it is done.
 */
export async function imageImport(
  layout: Layout,
  sources: readonly string[],
  options: ImageImportOptions,
  output: Output,
): Promise<void> {
  const digests = digestsOf(sources, options.sha256);
  const client = new GatewayClient(layout);
  const upload = options.upload === true || process.env['ANCLOUD_URL'] !== undefined;
  const made: Source[] = [];
  for (const [index, source] of sources.entries()) {
    const digest = digests[index];
    const checked = digest === undefined ? {} : { sha256: digest };
    if (isReference(source)) made.push({ reference: source });
    else if (upload)
      made.push({
        uploadId: await uploadFile(
          client,
          path.resolve(source),
          { ...checked, hostId: options.host },
          output,
        ),
        ...checked,
      });
    else made.push({ path: path.resolve(source), ...checked });
  }
  const begun = await client.post<OperationView>('/v1/images', {
    sources: made,
    ...(options.profile === undefined || options.profile === 'auto' ? {} : { profile: options.profile }),
    name: options.name ?? path.basename(sources[0] ?? ''),
    ...(options.host === undefined ? {} : { hostId: options.host }),
  });
  let shown = '';
  const done = await client.wait(begun, (operation) => {
    const text = progressText(operation);
    if (text !== shown) output.step((shown = text));
  });
  for (const source of made)
    if ('uploadId' in source) await client.request('DELETE', `/v1/uploads/${source.uploadId}`);
  output.result(done, done.result);
}

const isReference = (source: string): boolean => /^[a-z-]+:\/\//.test(source);

/** Before a byte is sent. Errors: INVALID_ARGUMENT when the digests are not as many as the sources, or one is none. */
function digestsOf(sources: readonly string[], given: readonly string[] = []): readonly string[] {
  const wrong = (value: string, message: string, fix: string): AppError =>
    new AppError('INVALID_ARGUMENT', message, { field: '--sha256', value, fix });
  if (given.length === 0) return [];
  const reference = sources.find(isReference);
  if (reference !== undefined) {
    const fix = `write ${reference}@sha256:…, the manifest's digest`;
    throw wrong(given.join(' '), 'an image of a registry has no file whose sha256 could be checked', fix);
  }
  if (given.length !== sources.length) {
    const message = `there are ${sources.length} sources and ${given.length} sha256`;
    throw wrong(given.join(' '), message, 'give one for each source, in their order');
  }
  return given.map((text) => {
    const digest = text.toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(digest)) throw wrong(text, `'${text}' is no sha256`, 'give 64 hex digits');
    return digest;
  });
}

/** `reading: 3.0 MiB of 12.0 MiB`. */
function progressText({ phase, bytesDone, bytesTotal }: OperationView): string {
  const name = phase === '' ? 'waiting' : phase;
  if (bytesDone === 0) return name;
  return `${name}: ${mib(bytesDone)}${bytesTotal > 0 ? ` of ${mib(bytesTotal)}` : ''}`;
}
