import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { MemorySource, readErofs, readExt4 } from '@ancloud/android-image';
import { drain, fuzz, LIMITS } from './harness.js';

const fixture = (name: string): Buffer =>
  gunzipSync(fs.readFileSync(path.join(import.meta.dirname, '../fixtures', `${name}.gz`)));

fuzz(
  'ext4',
  [fixture('small.ext2'), fixture('small.ext4')],
  async (bytes) => drain(readExt4(new MemorySource(bytes), LIMITS)),
  32_768,
);
fuzz(
  'erofs',
  ['plain', 'lz4', 'deflate', 'zstd'].map((name) => fixture(`${name}.erofs`)),
  async (bytes) => drain(readErofs(new MemorySource(bytes), LIMITS)),
  8192,
);
