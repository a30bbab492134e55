import { execFile } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { GatewayServiceClient } from '@ancloud/contracts/gateway/v1/gateway';
import { createClient } from '@ancloud/kit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { buildGuest } from '../harness/build-guest.js';
import { portOf } from '../harness/farm-address.js';
import { Farm } from '../harness/farm.js';
import { redis } from '../harness/redis.js';

const run = promisify(execFile);
const farm = new Farm(inject('farm'));
const PIECES = 'application/offset+octet-stream';

interface Upload {
  readonly uploadId: string;
  readonly hostId: string;
  readonly offset: number;
  readonly complete: boolean;
}

interface Image {
  readonly imageId: string;
  readonly name: string;
  readonly source: string;
  readonly androidVersion: string;
  readonly users: number;
}

let folder: string;
beforeAll(() => void (folder = fs.mkdtempSync(path.join(farm.address.home, 'uploads-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const sha256 = (bytes: Buffer): string => crypto.createHash('sha256').update(bytes).digest('hex');
const begin = (size: number, digest?: string, name = 'some.img'): Promise<Upload> =>
  farm.api<Upload>('POST', '/v1/uploads', { name, size, sha256: digest });

/** Sends bytes as one request. */
function send(
  uploadId: string,
  offset: number | string,
  body: BodyInit,
  signal = AbortSignal.timeout(PATIENCE_MS),
): Promise<Response> {
  const init = {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${farm.apiKey}`,
      'content-type': PIECES,
      'upload-offset': String(offset),
    },
    body,
    signal,
    duplex: 'half',
  };
  return fetch(`${farm.address.url}/v1/uploads/${uploadId}`, init);
}

async function offsetOf(uploadId: string): Promise<number> {
  const head = await farm.call('HEAD', `/v1/uploads/${uploadId}`);
  expect(head.status).toBe(200);
  return Number(head.headers.get('upload-offset'));
}

const uploads = async (): Promise<Upload[]> =>
  (await farm.api<{ uploads: Upload[] }>('GET', '/v1/uploads')).uploads;

const problem = async (response: Response): Promise<{ status: number; code: string; detail: string }> =>
  (await response.json()) as { status: number; code: string; detail: string };

/** Two partitions of an image that is the reference guest's with a product partition: files of their own, so an image of its own. */
async function partitions(): Promise<{ system: string; product: string }> {
  const tree = path.join(folder, 'tree');
  const added = path.join(folder, 'added');
  const [system, product] = [path.join(folder, 'system.img'), path.join(folder, 'product.img')];
  const guest = await buildGuest();
  await run('unsquashfs', ['-quiet', '-no-progress', '-dest', tree, guest], { maxBuffer: 16 << 20 });
  await run('mkfs.ext4', ['-q', '-d', tree, system, '96M']);
  fs.mkdirSync(path.join(added, 'etc'), { recursive: true });
  fs.writeFileSync(path.join(added, 'etc/which'), 'the product partition\n');
  await run('mkfs.ext4', ['-q', '-d', added, product, '4M']);
  fs.rmSync(tree, { recursive: true });
  return { system, product };
}

describe('an image that is sent to its host', () => {
  it('goes on after its host was killed, is put together, boots, and is removed when no phone wants it', async () => {
    const { system, product } = await partitions();
    const bytes = fs.readFileSync(system);
    const { uploadId } = await begin(bytes.length, sha256(bytes), 'system.img');

    // A connection that stands still half-way, until the host's service is killed.
    const half = bytes.subarray(0, bytes.length / 2);
    const stuck = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(half)),
    });
    const cut = send(uploadId, 0, body, stuck.signal).then(
      (response) => response.status,
      () => 'cut',
    );
    await eventually(async () => {
      if ((await offsetOf(uploadId)) < half.length) throw new NotYet('the first half is under way');
    });
    await farm.kill('container-svc');
    stuck.abort();
    expect(await cut).not.toBe(200);
    expect(await eventually(() => offsetOf(uploadId))).toBe(half.length);

    const imported = await farm.cli([
      '--json',
      'image',
      'import',
      '--upload',
      '--name',
      'sent',
      system,
      product,
      '--sha256',
      sha256(bytes),
      sha256(fs.readFileSync(product)),
    ]);
    expect(imported, imported.stderr).toMatchObject({ code: 0 });
    // What was there was not sent again, and the other file from its beginning.
    const steps = imported.stderr.split('\n');
    const first = (name: string): string | undefined =>
      steps.find((line) => line.includes(`uploading ${name}`));
    expect(first('system.img')).toContain('48.0 MiB of 96.0 MiB');
    expect(first('product.img')).toContain('0.0 MiB of 4.0 MiB');
    expect(await uploads()).toEqual([]);

    const { images } = await farm.api<{ images: { image: Image }[] }>('GET', '/v1/images');
    const image = images.map((one) => one.image).find(({ name }) => name === 'sent');
    expect(image).toMatchObject({ source: 'partitions', users: 0, profile: 'reference' });
    const { imageId = '' } = image ?? {};
    const phone = await farm.create({ imageId });
    await farm.viewable(phone.phoneId);
    expect(await farm.shell(phone.phoneId, 'cat /product/etc/which')).toContain('the product partition');

    const short = imageId.slice(0, 19);
    // Its phones come with the host's heartbeat.
    const row = new RegExp(`${short} +sent +reference +\\S+ +\\S+ +\\S+ MiB +partitions +1 `);
    await eventually(async () => {
      const { stdout } = await farm.cli(['image', 'ls']);
      if (!row.test(stdout)) throw new NotYet(`it is listed as\n${stdout}`);
    });
    const refused = await farm.cli(['--json', 'image', 'rm', short]);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stderr)).toMatchObject({
      code: 'IMAGE_IN_USE',
      detail: expect.stringContaining(phone.phoneId) as string,
    });
    await farm.delete(phone.phoneId);
    expect(await farm.cli(['image', 'rm', short])).toMatchObject({ code: 0 });
    const gone = await farm.call('DELETE', `/v1/images/${imageId}`);
    expect(await problem(gone)).toMatchObject({ status: 404, code: 'IMAGE_NOT_FOUND' });
  });

  it('is refused, and gone, when its sha256 is another', async () => {
    const bytes = crypto.randomBytes(300_000);
    const { uploadId } = await begin(bytes.length, sha256(Buffer.from('something else')));
    expect((await send(uploadId, 0, bytes.subarray(0, 100_000))).status).toBe(200);
    const end = await send(uploadId, 100_000, bytes.subarray(100_000));
    expect(await problem(end)).toMatchObject({ status: 422, code: 'IMAGE_INVALID' });
    expect((await farm.call('HEAD', `/v1/uploads/${uploadId}`)).status).toBe(404);
    expect(await uploads()).toEqual([]);
  });

  it.each<[string, number | string, number, object]>([
    [
      'another offset, answered before 64 MiB are read',
      7,
      64 << 20,
      { status: 409, code: 'UPLOAD_CONFLICT' },
    ],
    ['more than was said', 0, 2_000, { status: 413, code: 'MESSAGE_TOO_LARGE' }],
    ['no number', '1e3', 10, { status: 400, code: 'INVALID_ARGUMENT' }],
  ])('refuses %s', async (_, offset, length, answer) => {
    const { uploadId } = await begin(1_000);
    expect(await problem(await send(uploadId, offset, Buffer.alloc(length)))).toMatchObject(answer);
    expect((await farm.call('DELETE', `/v1/uploads/${uploadId}`)).status).toBe(204);
  });

  it('cannot be imported before it is whole', async () => {
    const { uploadId } = await begin(1_000);
    const operation = await farm.api<{ operationId: string; state: string; error: null; result: string }>(
      'POST',
      '/v1/images',
      { sources: [{ uploadId }] },
    );
    await expect(farm.wait(operation)).rejects.toThrow(/UPLOAD_CONFLICT.*0 of 1000 bytes/);
    expect((await farm.call('DELETE', `/v1/uploads/${uploadId}`)).status).toBe(204);
  });
});

it('an upload on gRPC is the one of REST: begun there, written here, whole for both', async () => {
  const port = portOf(farm.address, 81);
  const client = createClient(GatewayServiceClient, `127.0.0.1:${port}`, {
    farmSecret: farm.apiKey,
    deadlineMs: PATIENCE_MS,
  });
  try {
    const bytes = crypto.randomBytes(700_000);
    const { uploadId } = await begin(bytes.length, sha256(bytes));
    const write = (offset: number, data: Buffer) => {
      const { call, response } = client.writeUpload();
      call.write({ input: { $case: 'start', value: { uploadId, offset } } });
      for (let at = 0; at < data.length; at += 100_000)
        call.write({ input: { $case: 'data', value: data.subarray(at, at + 100_000) } });
      call.end();
      return response;
    };
    expect(await write(0, bytes.subarray(0, 350_000))).toMatchObject({ upload: { offset: 350_000 } });
    expect(await offsetOf(uploadId)).toBe(350_000);
    await expect(write(0, bytes)).rejects.toMatchObject({ code: 'UPLOAD_CONFLICT' });
    await write(350_000, bytes.subarray(350_000));
    expect(await client.getUpload({ uploadId })).toMatchObject({ upload: { complete: true } });
    expect((await client.listUploads({})).uploads.map((one) => one.upload?.uploadId)).toEqual([uploadId]);
    await client.removeUpload({ uploadId });
    expect(await uploads()).toEqual([]);
  } finally {
    client.close();
  }
});

describe('a key that is no admin’s', () => {
  const key = crypto.randomBytes(32).toString('base64url');
  const row = `api-key:${sha256(Buffer.from(key))}`;
  let uploadId: string;
  beforeAll(async () => {
    await redis(farm.address, 'HSET', row, 'owner', 'mallory', 'roles', '');
    ({ uploadId } = await begin(1_000));
  });
  afterAll(async () => {
    await redis(farm.address, 'DEL', row);
    await farm.call('DELETE', `/v1/uploads/${uploadId}`);
  });

  it.each<[string, () => string, unknown, string?]>([
    ['POST', () => '/v1/uploads', { name: 'x', size: 1 }],
    ['GET', () => '/v1/uploads', undefined],
    ['GET', () => `/v1/uploads/${uploadId}`, undefined],
    ['PATCH', () => `/v1/uploads/${uploadId}`, 'bytes', PIECES],
    ['DELETE', () => `/v1/uploads/${uploadId}`, undefined],
    ['DELETE', () => `/v1/images/sha256:${'0'.repeat(64)}`, undefined],
  ])('%s %s is forbidden', async (method, route, body, type) => {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(type === undefined ? {} : { 'content-type': type, 'upload-offset': '0' }),
    };
    const response = await farm.call(method, route(), body, headers);
    expect(await problem(response)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(await offsetOf(uploadId)).toBe(0);
  });
});
