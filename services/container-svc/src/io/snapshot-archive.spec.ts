import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { realClock, realExec } from '@ancloud/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Paths } from './paths.js';
import { archiveOf, takeArchive } from './snapshot-archive.js';
import { SnapshotStore, type StoredSnapshot } from './snapshot-store.js';

const sha256 = (bytes: Buffer): string => crypto.createHash('sha256').update(bytes).digest('hex');
/** Magic, version 4.0, blocks of 128 KiB, zstd, as many bytes as there are; nothing else is looked at before it is mounted. */
const squashfs = Buffer.alloc(4_096);
squashfs.writeUInt32LE(0x73717368, 0);
squashfs.writeUInt32LE(2 ** 17, 12);
squashfs.writeUInt16LE(6, 20);
squashfs.writeUInt16LE(17, 22);
squashfs.writeUInt16LE(4, 28);
squashfs.writeBigUInt64LE(4_096n, 40);
const snapshot: StoredSnapshot = {
  snapshotId: 'sn_1',
  owner: 'acme',
  name: 'kept',
  phoneId: 'ph_1',
  imageId: 'sha256:x',
  profile: Profile.PROFILE_REFERENCE,
  size: squashfs.length,
  sha256: sha256(squashfs),
  createdAtMs: 1,
};
const asNew = { snapshotId: 'sn_2', owner: 'rival', name: '' };
let root: string;
let file: string;
let store: SnapshotStore;

beforeEach(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-archive-'));
  file = path.join(root, 'archive');
  const paths = new Paths(`${root}/state`, `${root}/run`);
  store = new SnapshotStore({ paths, hostcap: realExec, clock: realClock, faults: () => {} });
  await store.load();
});
afterEach(() => fs.rmSync(root, { recursive: true }));

async function written(content: Buffer, told: StoredSnapshot): Promise<Buffer> {
  fs.writeFileSync(file, content);
  const pieces: Uint8Array[] = [];
  for await (const piece of archiveOf(file, told)) pieces.push(piece);
  return Buffer.concat(pieces);
}

it('an archive that was written on one host is a snapshot on another, with another id and owner', async () => {
  fs.writeFileSync(file, await written(squashfs, snapshot));
  expect(await takeArchive(store, file, asNew)).toEqual({ ...snapshot, snapshotId: 'sn_2', owner: 'rival' });
  expect(store.get('sn_2')).toMatchObject({ name: 'kept', sha256: snapshot.sha256 });
  expect(fs.readFileSync(`${store.folder}/${snapshot.sha256}.sqfs`)).toEqual(squashfs);
  // A repeated request.
  expect(await takeArchive(store, file, asNew)).toMatchObject({ snapshotId: 'sn_2' });
  expect(fs.readdirSync(store.folder).toSorted()).toEqual([`${snapshot.sha256}.sqfs`, 'sn_2.json']);
});

it.each<[string, () => Promise<Buffer>, RegExp]>([
  [
    'one of whose bytes another came',
    async () => {
      const archive = await written(squashfs, snapshot);
      archive[100] = 1;
      return archive;
    },
    /its sha256 is [0-9a-f]{64}, not/,
  ],
  [
    'the first half of one',
    async () => (await written(squashfs, snapshot)).subarray(0, 2_000),
    /does not end/,
  ],
  [
    'no squashfs',
    () => {
      const text = Buffer.alloc(200, 'x');
      return written(text, { ...snapshot, size: 200, sha256: sha256(text) });
    },
    /not a squashfs/,
  ],
])('%s is refused, and nothing is left of it', async (_, make, words) => {
  fs.writeFileSync(file, await make());
  await expect(takeArchive(store, file, asNew)).rejects.toMatchObject({
    code: 'IMAGE_INVALID',
    message: expect.stringMatching(words) as string,
  });
  expect(fs.readdirSync(store.folder)).toEqual([]);
});
