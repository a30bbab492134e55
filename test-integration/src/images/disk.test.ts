import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Upload, WriteUploadRequest } from '@ancloud/contracts/container/v1/container';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { SmallDisk } from '../harness/small-disk.js';
import { ImageHost, run } from './image-host.js';

const MIB = 1 << 20;
/** What an import leaves free whatever comes (io/import/temporary.ts). */
const RESERVE = 64 * MIB;

let root: string;
let disk: SmallDisk;
let images: ImageHost;
let tar: string;

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-disk-'));
  disk = new SmallDisk(path.join(root, 'disk'), 256 * MIB);
  images = await ImageHost.start({ state: path.join(disk.folder, 'state') });
  tar = images.at('guest.tar');
  await run('tar', ['--xattrs', '--xattrs-include=*', '--numeric-owner', '-C', images.tree, '-cf', tar, '.']);
});
afterEach(() => disk.clear());
afterAll(async () => {
  const left = await images?.remove();
  await disk?.remove();
  fs.rmSync(root, { recursive: true });
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

const full = { code: 'DISK_FULL', fix: expect.stringContaining('free space on the disk') as string };

it.each<[string, number]>([
  ['before anything is read', RESERVE - MIB],
  ['in the middle of packing', RESERVE + 3 * MIB],
])('an import that does not fit is refused %s, and nothing is left', async (_, free) => {
  disk.leave(free);
  await expect(images.import({ path: tar })).rejects.toMatchObject(full);
  await images.nothingLeft();
  disk.clear();
  const { image } = await images.import({ path: tar });
  await images.host.phones.removeImage({ imageId: image.imageId });
});

/** Sends bytes of one piece. */
function send(uploadId: string, offset: number, bytes: Buffer): Promise<Upload> {
  const { call, response } = images.host.phones.writeUpload();
  call.write(WriteUploadRequest.fromPartial({ input: { $case: 'start', value: { uploadId, offset } } }));
  for (let at = 0; at < bytes.length; at += MIB)
    call.write({ input: { $case: 'data', value: bytes.subarray(at, at + MIB) } });
  call.end();
  return response;
}

it('an upload is promised its room, says when there is none after all, and goes on when there is', async () => {
  const { phones } = images.host;
  disk.leave(RESERVE + 4 * MIB);
  const wanted = { name: 'some.img', size: 40 * MIB, sha256: '' };
  await expect(phones.createUpload(wanted)).rejects.toMatchObject(full);
  disk.clear();
  const { uploadId } = await phones.createUpload(wanted);
  // Somebody else fills the disk meanwhile.
  disk.leave(8 * MIB);
  await expect(send(uploadId, 0, Buffer.alloc(wanted.size, 1))).rejects.toMatchObject(full);
  const { offset } = await phones.getUpload({ uploadId });
  expect(offset).toBeLessThan(wanted.size);
  disk.clear();
  const whole = await send(uploadId, offset, Buffer.alloc(wanted.size - offset, 1));
  expect(whole).toMatchObject({ offset: wanted.size, complete: true });
  await phones.removeUpload({ uploadId });
  expect(fs.readdirSync(path.join(images.host.place.state, 'uploads'))).toEqual([]);
});
