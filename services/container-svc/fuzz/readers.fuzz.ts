import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import {
  type Entry,
  type EntryStream,
  ImageError,
  MemorySource,
  NO_XATTRS,
  noContent,
  writeTar,
} from '@ancloud/android-image';
import { FUZZ_MS, resummed } from '@ancloud/testkit';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { decompressed } from '../src/reader/decompress.js';
import { dockerArchiveEntries, ociEntries } from '../src/reader/oci.js';
import { indexTar } from '../src/reader/tar-index.js';
import { change, damage, damaged, holds, written } from './damage.js';

const LAYER = 'layer.tar';

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function entry(path: string, more: Partial<Entry> & Pick<Entry, 'type'>, text = ''): Entry {
  const common = { path, mode: 0o755, uid: 0, gid: 0, mtime: 0, xattrs: NO_XATTRS, size: text.length };
  async function* content(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  return { ...common, content: text === '' ? noContent : content, ...more };
}

/** A small layer, and what reads the readers' entries to their ends. */
let layer: Buffer;
beforeAll(async () => {
  async function* entries(): EntryStream {
    yield entry('system', { type: 'directory' });
    yield entry('system/build.prop', { type: 'file' }, 'ro.x=1\n');
    yield entry('system/link', { type: 'symlink', linkTarget: '../x' });
    yield entry(`system/${'long'.repeat(40)}`, { type: 'file' }, 'y'.repeat(700));
    yield entry('again', { type: 'hardlink', linkTarget: 'system/build.prop' });
    yield entry('system/.wh.gone', { type: 'file' });
  }
  const parts: Uint8Array[] = [];
  for await (const part of writeTar(entries())) parts.push(part);
  layer = Buffer.concat(parts);
});

async function drain(entries: EntryStream): Promise<void> {
  for await (const one of entries) for await (const _ of one.content());
}

/** Its end is a reading or an ImageError. */
async function endsWell(read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
  }
}

const packed = fc.constantFrom('as it is', 'gzip', 'zstd');
const pack = (bytes: Buffer, how: string): Buffer =>
  how === 'gzip' ? gzipSync(bytes) : how === 'zstd' ? zstdCompressSync(bytes) : bytes;

it(
  'an OCI layout, whatever its documents say',
  () =>
    holds(
      fc.asyncProperty(
        change,
        change,
        change,
        fc.nat(4),
        packed,
        damage,
        (atTop, inIndex, inManifest, nested, how, layerDamage) =>
          endsWell(async () => {
            const files = new Map<string, MemorySource>();
            const keep = (bytes: Buffer): { digest: string; size: number } => {
              const digest = digestOf(bytes);
              files.set(`blobs/sha256/${digest.slice(7)}`, new MemorySource(bytes));
              return { digest, size: bytes.length };
            };
            const config = keep(Buffer.from('{}'));
            const content = keep(pack(resummed(damaged(layer, layerDamage)), how));
            let below = keep(written({ schemaVersion: 2, config, layers: [content, content] }, inManifest));
            const platforms = [
              { os: 'linux', architecture: 'amd64' },
              { os: 'linux', architecture: 'arm64' },
            ];
            for (let i = 0; i < nested; i += 1) {
              const manifests = platforms.map((platform) => ({ ...below, platform }));
              below = keep(written({ manifests }, i === 0 ? inIndex : undefined));
            }
            files.set('index.json', new MemorySource(written({ manifests: [below] }, atTop)));
            await drain(await ociEntries(files));
          }),
      ),
    ),
  FUZZ_MS,
);

it(
  'what docker save wrote, whatever its manifest says',
  () =>
    holds(
      fc.asyncProperty(change, packed, damage, (how, as, layerDamage) =>
        endsWell(async () => {
          const manifest = [{ Config: 'config.json', RepoTags: ['a:b'], Layers: [LAYER, LAYER] }];
          const files = new Map([
            ['manifest.json', new MemorySource(written(manifest, how))],
            ['config.json', new MemorySource(Buffer.from('{}'))],
            [LAYER, new MemorySource(pack(resummed(damaged(layer, layerDamage)), as))],
          ]);
          await drain(await dockerArchiveEntries(files));
        }),
      ),
    ),
  FUZZ_MS,
);

it(
  'an archive’s index names what lies in it',
  () =>
    holds(
      fc.asyncProperty(damage, fc.boolean(), (how, sums) =>
        endsWell(async () => {
          const bytes = sums ? resummed(damaged(layer, how)) : damaged(layer, how);
          for (const { offset, size } of (await indexTar(new MemorySource(bytes))).values()) {
            expect(offset).toBeGreaterThanOrEqual(0);
            expect(offset + size).toBeLessThanOrEqual(bytes.length);
          }
        }),
      ),
    ),
  FUZZ_MS,
);

it(
  'packed bytes',
  () =>
    holds(
      fc.asyncProperty(damage, packed, (how, as) =>
        endsWell(async () => {
          for await (const _ of decompressed(new MemorySource(damaged(pack(layer, as), how))));
        }),
      ),
    ),
  FUZZ_MS,
);
