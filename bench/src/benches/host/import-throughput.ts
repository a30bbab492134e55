import fs from 'node:fs';
import path from 'node:path';
import { Profile } from '@ancloud/contracts/common/v1/common';
import type { Bench } from '../../bench.js';
import type { Finding } from '../../core/figure.js';
import { p50 } from '../../core/stats.js';
import { command } from '../../io/command.js';
import type { LoneHost } from '../../io/lone-host.js';

const ROUNDS = 3;
const MIB = 1 << 20;
/** Of the tree: the guest's own files, and programs of this machine up to this, since the guest is small. */
const TREE_BYTES = 256 * MIB;
/** Where most of a Debian's programs and libraries are, as in an Android's /system. */
const PROGRAMS = '/usr/lib';

/** MiB of file contents a second of an import of a directory; beside mksquashfs alone, with the same compression, on the same tree. */
export async function importThroughput(bench: Bench, host: LoneHost): Promise<Finding[]> {
  const tree = path.join(host.imports, 'tree');
  const out = path.join(bench.folder, 'alone.sqfs');
  await command(['unsquashfs', '-quiet', '-no-progress', '-dest', tree, bench.guest]);
  const bytes = await fill(tree);
  try {
    const ours: number[] = [];
    const alone: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const [mine, theirs] = [await imported(host, tree), await packed(tree, out)];
      if (round === 0) continue;
      ours.push(bytes / MIB / (mine / 1_000));
      alone.push(bytes / MIB / (theirs / 1_000));
    }
    bench.say(`imported ${(bytes / MIB).toFixed(0)} MiB ${ROUNDS} times`);
    const peer = { name: 'mkfs', value: p50(alone) };
    return [{ metric: 'import_throughput', value: p50(ours), unit: 'MiB/s', peer, samples: ours }];
  } finally {
    for (const left of [tree, out]) fs.rmSync(left, { recursive: true, force: true });
  }
}

/** Copies programs into the tree, in the order of their names; answers the bytes of all its files. */
async function fill(tree: string): Promise<number> {
  let bytes = (await filesIn(tree)).reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of await filesIn(PROGRAMS)) {
    if (bytes + size > TREE_BYTES) continue;
    const to = path.join(tree, 'system/programs', file);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.copyFileSync(file, to);
    bytes += size;
  }
  return bytes;
}

async function filesIn(folder: string): Promise<{ file: string; size: number }[]> {
  const { stdout } = await command(['find', folder, '-type', 'f', '-printf', '%s %p\\n']);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => ({ size: Number.parseInt(line, 10), file: line.slice(line.indexOf(' ') + 1) }))
    .toSorted((a, b) => (a.file < b.file ? -1 : 1));
}

async function imported(host: LoneHost, folder: string): Promise<number> {
  const began = performance.now();
  let imageId = '';
  const request = { path: folder, profile: Profile.PROFILE_REFERENCE, name: 'tree', sources: [] };
  for await (const { image } of host.host.importImage(request)) imageId = image?.imageId ?? imageId;
  const took = performance.now() - began;
  await host.host.removeImage({ imageId });
  return took;
}

/** As container-svc packs (io/import/pack.ts), with nothing before it and nothing behind. */
async function packed(folder: string, out: string): Promise<number> {
  fs.rmSync(out, { force: true });
  const how = '-noappend -quiet -no-progress -comp zstd -Xcompression-level 9 -mem 256M -all-time 1230768000';
  const began = performance.now();
  await command(['mksquashfs', folder, out, ...how.split(' ')]);
  return performance.now() - began;
}
