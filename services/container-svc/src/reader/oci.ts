import { createHash } from 'node:crypto';
import {
  type ByteSource,
  type EntryStream,
  ImageError,
  type Layer,
  mergeTrees,
  readTar,
} from '@ancloud/android-image';
// As a namespace, of which a bundle takes what is used: `z` as a value is all of zod, with every language's messages.
import * as z from 'zod';
import { decompressed } from './decompress.js';

/** Named files: a folder's, or an archive's members. */
export type FileSet = ReadonlyMap<string, ByteSource>;

/** Larger JSON is no manifest. */
const JSON_MAX = 4 * 1024 * 1024;
/** An index may name indexes, within reason. */
const NESTED = 3;
const LAYERS_MAX = 256;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is no sha256 digest');
const descriptor = z.object({
  digest,
  size: z.int().min(0),
  platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
});
const indexJson = z.object({ manifests: z.array(descriptor).min(1) });
const manifestJson = z.object({ layers: z.array(descriptor) });
const archiveJson = z.array(z.object({ Layers: z.array(z.string()) })).min(1);

/** As Docker and OCI name this machine's processor. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * The root filesystem of an OCI image layout (image-spec v1.1: image-layout.md, image-index.md, manifest.md). Of several
 * images the one for this machine's processor is taken. Errors: ImageError.
 */
export async function ociEntries(files: FileSet): Promise<EntryStream> {
  let document = await json(files, 'index.json');
  for (let depth = 0; ; depth += 1) {
    const index = indexJson.safeParse(document);
    if (!index.success) break;
    if (depth === NESTED) throw malformed('its index names indexes without end');
    document = await blobJson(files, chosen(index.data.manifests).digest);
  }
  const manifest = manifestJson.safeParse(document);
  if (!manifest.success)
    throw malformed(`its manifest is not one of the OCI image-spec: ${first(manifest.error)}`);
  return layered(manifest.data.layers.map((layer) => blob(files, layer.digest)));
}

/** The root filesystem of what `docker save` and `skopeo copy … docker-archive:` write. Errors: ImageError. */
export async function dockerArchiveEntries(files: FileSet): Promise<EntryStream> {
  const parsed = archiveJson.safeParse(await json(files, 'manifest.json'));
  if (!parsed.success) throw malformed(`manifest.json is not docker save's: ${first(parsed.error)}`);
  const [image, ...more] = parsed.data;
  if (image === undefined || more.length > 0)
    throw malformed(`it holds ${parsed.data.length} images; save one alone`);
  return layered(
    image.Layers.map((name) => {
      const source = files.get(name);
      if (source === undefined) throw malformed(`the layer ${JSON.stringify(name)} is not in it`);
      return { name, source };
    }),
  );
}

function layered(layers: readonly { name: string; source: ByteSource }[]): EntryStream {
  if (layers.length === 0 || layers.length > LAYERS_MAX)
    throw malformed(`it has ${layers.length} layers; 1-${LAYERS_MAX} are read`);
  const trees = layers.map(({ name, source }, index): Layer => ({
    name: `layer ${index + 1} (${name})`,
    open: () => readTar(decompressed(source)),
  }));
  return mergeTrees(trees, { whiteouts: true });
}

function chosen(manifests: readonly z.output<typeof descriptor>[]): z.output<typeof descriptor> {
  const [only, ...more] = manifests;
  if (only !== undefined && more.length === 0) return only;
  const wanted = ARCHITECTURES[process.arch];
  const fits = manifests.filter(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === wanted,
  );
  const [one, ...others] = fits;
  if (one !== undefined && others.length === 0) return one;
  const found = manifests
    .map(({ platform }) => `${platform?.os ?? '?'}/${platform?.architecture ?? '?'}`)
    .join(', ');
  throw malformed(
    `it holds several images (${found}), and not exactly one for linux/${wanted}; copy one alone`,
  );
}

function blob(files: FileSet, name: string): { name: string; source: ByteSource } {
  const source = files.get(`blobs/sha256/${name.slice('sha256:'.length)}`);
  if (source === undefined) throw malformed(`the blob ${name} is not in it`);
  return { name: name.slice(0, 19), source };
}

async function blobJson(files: FileSet, name: string): Promise<unknown> {
  const { source } = blob(files, name);
  const bytes = await whole(source, name);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (`sha256:${found}` !== name) throw malformed(`the blob ${name} has another content: sha256:${found}`);
  return parse(bytes, name);
}

async function json(files: FileSet, name: string): Promise<unknown> {
  const source = files.get(name);
  if (source === undefined) throw malformed(`${name} is not in it`);
  return parse(await whole(source, name), name);
}

async function whole(source: ByteSource, name: string): Promise<Uint8Array> {
  if (source.size > JSON_MAX)
    throw malformed(`${name} has ${source.size} bytes; at most ${JSON_MAX} are read`);
  return source.read(0, source.size);
}

function parse(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new ImageError('malformed', 'image archive', `${name} is no JSON`, {}, { cause });
  }
}

const malformed = (what: string): ImageError => new ImageError('malformed', 'image archive', what);
const first = (error: z.ZodError): string => {
  const [issue] = error.issues;
  return `${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? ''}`.trim();
};
