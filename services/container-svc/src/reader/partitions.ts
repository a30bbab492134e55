import {
  type ByteSource,
  decompress,
  detect,
  type EntryStream,
  ImageError,
  type Layer,
  mergeRoots,
  mergeTrees,
  openSparse,
  readBoot,
  readCpio,
  readErofs,
  readExt4,
  readSuper,
  type RootPart,
  streamOf,
  topNames,
} from '@ancloud/android-image';

const PARTS: Readonly<Record<string, RootPart>> = {
  system: 'system',
  system_ext: 'system_ext',
  product: 'product',
  vendor: 'vendor',
  odm: 'odm',
  ramdisk: 'ramdisk',
  boot: 'ramdisk',
  init_boot: 'ramdisk',
};

/** Which part of the root a file is, by its name: `system.img`, `system_a.img`; undefined for what is no part. */
export function partOf(name: string): RootPart | 'super' | undefined {
  const stem = /^(.*?)(?:_a)?\.img$/.exec(name)?.[1] ?? '';
  return stem === 'super' ? 'super' : PARTS[stem];
}

/**
 * The root filesystem that partition images make together, each known by its name and read by its content: sparse or raw, ext4
 * or erofs, alone or inside a super image; a ramdisk bare or in its boot image. Files of other names are left out. Errors:
 * ImageError.
 */
export async function partitionEntries(files: ReadonlyMap<string, ByteSource>): Promise<EntryStream> {
  const sources = new Map<RootPart, { readonly name: string; readonly source: ByteSource }>();
  for (const [name, file] of files) {
    const source = await raw(file);
    if (partOf(name) === 'super' || (await detect(source)) === 'super') {
      for (const { name: inside, source: partition } of await readSuper(source)) {
        const part = partOf(`${inside}.img`);
        if (part !== undefined && part !== 'super' && partition.size > 0)
          sources.set(part, { name: `${name}: ${inside}`, source: await raw(partition) });
      }
      continue;
    }
    const part = partOf(name);
    if (part === undefined || part === 'super') continue;
    // A ramdisk of its own, and init_boot from Android 13 on, go before the one in boot.img.
    if (part !== 'ramdisk' || !sources.has('ramdisk') || !name.startsWith('boot'))
      sources.set(part, { name, source });
  }
  const trees = new Map<RootPart, Layer>();
  for (const [part, { name, source }] of sources) trees.set(part, { name, open: await opener(name, source) });
  const system = trees.get('system');
  const top = system === undefined ? [] : await topNames(system.open());
  const { layers } = mergeRoots(new Set(trees.keys()), top);
  return mergeTrees(
    layers.flatMap(({ part, at }) => {
      const tree = trees.get(part);
      return tree === undefined ? [] : [{ ...tree, at }];
    }),
  );
}

async function raw(source: ByteSource): Promise<ByteSource> {
  return (await detect(source)) === 'sparse' ? openSparse(source) : source;
}

async function opener(name: string, source: ByteSource): Promise<() => EntryStream> {
  const kind = await detect(source);
  switch (kind) {
    case 'ext4':
      return () => readExt4(source);
    case 'erofs':
      return () => readErofs(source);
    case 'boot': {
      const { ramdisks } = await readBoot(source);
      const [ramdisk] = ramdisks;
      if (ramdisk === undefined) throw new ImageError('malformed', name, 'the boot image holds no ramdisk');
      return () => readCpio(decompress(streamOf(ramdisk.source)));
    }
    case 'cpio':
    case 'gzip':
    case 'lz4-legacy':
      return () => readCpio(decompress(streamOf(source)));
    default:
      throw new ImageError('unsupported', name, `it is ${kind ?? 'of no kind that is known here'}`);
  }
}
