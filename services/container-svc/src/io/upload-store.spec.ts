import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Clock, realClock } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UploadStore } from './upload-store.js';

let folder: string;
let store: UploadStore;
const never = new AbortController().signal;
const content = Buffer.from('what an operator sends');
const sha256 = crypto.createHash('sha256').update(content).digest('hex');

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-uploads-'));
  store = opened();
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function opened(clock: Clock = realClock): UploadStore {
  const made = new UploadStore(folder, 'host-1', clock);
  made.load();
  return made;
}

async function* bytes(...parts: Buffer[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

const begin = (over: Partial<{ size: number; sha256: string }> = {}) =>
  store.create({ name: 'system.img', size: content.length, sha256, ...over });

describe('an upload', () => {
  it('comes in pieces, survives the service, and is whole in the end', async () => {
    const { uploadId, offset } = await begin();
    expect(uploadId).toMatch(/^up_host-1_[0-9a-f]{24}$/);
    expect(offset).toBe(0);
    expect(await store.append(uploadId, 0, bytes(content.subarray(0, 5)), never)).toMatchObject({
      offset: 5,
      complete: false,
    });
    expect(() => store.fileOf(uploadId)).toThrow(
      expect.objectContaining({ code: 'UPLOAD_CONFLICT' }) as Error,
    );
    store = opened();
    expect(store.get(uploadId)).toMatchObject({ offset: 5, size: content.length, name: 'system.img' });
    const whole = await store.append(uploadId, 5, bytes(content.subarray(5, 9), content.subarray(9)), never);
    expect(whole).toMatchObject({ offset: content.length, complete: true });
    const { file, name } = store.fileOf(uploadId);
    expect(fs.readFileSync(file)).toEqual(content);
    expect(name).toBe('system.img');
    store.remove(uploadId);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('is listed, and promised its room on the disk', async () => {
    const { bavail, bsize } = fs.statfsSync(folder);
    const size = Math.floor(bavail * bsize * 0.6);
    const first = await begin({ size });
    await expect(begin({ size })).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(store.list()).toEqual([first]);
    store.remove(first.uploadId);
    // At once: each sees what the other has been promised.
    const both = await Promise.allSettled([begin({ size }), begin({ size })]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('keeps what came before the connection broke', async () => {
    const { uploadId } = await begin();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield content.subarray(0, 7);
      throw new Error('connection reset');
    }
    await expect(store.append(uploadId, 0, broken(), never)).rejects.toThrow('connection reset');
    expect(store.get(uploadId).offset).toBe(7);
  });

  it('is taken over by a second connection from one that hangs', async () => {
    const { uploadId } = await begin();
    let hangs = (): void => {};
    const began = new Promise<void>((resolve) => (hangs = resolve));
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield content.subarray(0, 3);
      hangs();
      await new Promise(() => {});
    }
    const first = store.append(uploadId, 0, hanging(), never);
    await began;
    const second = store.append(uploadId, 3, bytes(content.subarray(3)), never);
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await second).toMatchObject({ complete: true });
  });

  it.each<[string, number, Buffer, string]>([
    ['another offset', 1, content, 'UPLOAD_CONFLICT'],
    ['more than was said', 0, Buffer.concat([content, content]), 'MESSAGE_TOO_LARGE'],
    ['another content', 0, Buffer.from(content.map((byte) => byte ^ 1)), 'IMAGE_INVALID'],
  ])('refuses %s', async (_, offset, sent, code) => {
    const { uploadId } = await begin();
    await expect(store.append(uploadId, offset, bytes(sent), never)).rejects.toMatchObject({ code });
    if (code === 'IMAGE_INVALID') expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('that nobody writes to for a day is swept, and so are halves', async () => {
    const { uploadId } = await begin();
    fs.writeFileSync(path.join(folder, `up_host-1_${'0'.repeat(24)}.part`), 'half');
    fs.writeFileSync(path.join(folder, 'stray'), '');
    opened();
    expect(fs.readdirSync(folder).toSorted()).toEqual([`${uploadId}.json`, `${uploadId}.part`]);
    opened({ ...realClock, now: () => Date.now() + 25 * 3_600_000 });
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it.each(['up_host-1_x', '../../etc/passwd', `up_host-1_${'0'.repeat(24)}`])('%s is none', (id) => {
    expect(() => store.get(id)).toThrow(expect.objectContaining({ code: 'UPLOAD_NOT_FOUND' }) as Error);
  });
});
