import type { Bus } from '@ancloud/bus';
import { GatewayServiceClient } from '@ancloud/contracts/gateway/v1/gateway';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { ImageRecord, RecordingRecord, RecordingState } from '@ancloud/contracts/state/v1/state';
import type { State } from '@ancloud/state';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeHost, IMAGE } from './fake-host.js';
import { FakeMedia } from './fake-media.js';
import type { Answer, GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

const ACME = 'key-of-acme-0123456789';
const RIVAL = 'key-of-rival-0123456789';
let world: GatewayWorld;
let state: State;
let bus: Bus;
let gateway: GatewayProcess;
let host: FakeHost;
let near: FakeMedia;
let far: FakeMedia;

const recording = (recordingId: string, owner: string, startedAtMs: number): RecordingRecord =>
  RecordingRecord.fromPartial({
    recordingId,
    owner,
    startedAtMs,
    phoneId: 'ph_gone',
    state: RecordingState.RECORDING_STATE_FINISHED,
    files: [{ index: 1, size: 10, frames: 60, durationMs: 1_000, width: 720, height: 1_280, complete: true }],
  });

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ state, bus, gateway } = world);
  await world.addKey(ACME, 'acme');
  await world.addKey(RIVAL, 'rival');
  const images = [ImageRecord.fromPartial({ imageId: IMAGE, profile: Profile.PROFILE_REFERENCE })];
  host = await FakeHost.start(state, bus, world.secrets.farmSecret, { images });
  near = await FakeMedia.start(state, bus);
  far = await FakeMedia.start(state, bus, 'media-2');
  near.recorded = Buffer.from('0123456789');
  near.recordings = [recording('rc_old', 'acme', 1_000), recording('rc_rival', 'rival', 2_000)];
  far.recordings = [recording('rc_new', 'acme', 3_000)];
  await world.recovered();
});
afterAll(async () => {
  await near?.close();
  await far?.close();
  await host?.close();
  await world?.close();
});

const call = (
  method: string,
  at: string,
  key = ACME,
  headers: Record<string, string> = {},
): Promise<Answer> => gateway.call(method, at, { key, headers });
const refusal = ({ status, json }: Answer): [number, string] => [status, json.code];

it('lists those of the tenant on all media-svcs, newest first', async () => {
  const ids = async (key: string): Promise<string[]> =>
    (await call('GET', '/v1/recordings', key)).json.recordings.map(({ recordingId }) => recordingId);
  expect(await ids(ACME)).toEqual(['rc_new', 'rc_old']);
  expect(await ids(RIVAL)).toEqual(['rc_rival']);
  const none = await call('GET', '/v1/recordings?phoneId=ph_other');
  expect(none.json).toEqual({ recordings: [] });
});

it.each([
  ['GET', '/v1/recordings/rc_rival'],
  ['POST', '/v1/recordings/rc_rival/stop'],
  ['GET', '/v1/recordings/rc_rival/files/1'],
  ['DELETE', '/v1/recordings/rc_rival'],
])('%s %s of another tenant: there is none', async (method, at) => {
  expect(refusal(await call(method, at))).toEqual([404, 'RECORDING_NOT_FOUND']);
});

it.each([
  ['/v1/recordings/..%2Fetc', 400, 'INVALID_ARGUMENT'],
  ['/v1/recordings/rc_old/files/0', 400, 'INVALID_ARGUMENT'],
  ['/v1/recordings/rc_old/files/one', 400, 'INVALID_ARGUMENT'],
  ['/v1/recordings/rc_old/files/2', 404, 'RECORDING_NOT_FOUND'],
])('%s is refused', async (at, status, code) => {
  expect(refusal(await call('GET', at))).toEqual([status, code]);
});

it('gives a file, or the part of it that is asked for', async () => {
  const at = '/v1/recordings/rc_old/files/1';
  expect(await call('GET', at)).toMatchObject({ status: 200, text: '0123456789' });
  const part = await call('GET', at, ACME, { range: 'bytes=2-4' });
  expect(part).toMatchObject({ status: 206, text: '234' });
  expect(part.headers.get('content-range')).toBe('bytes 2-4/10');
  const beyond = await call('GET', at, ACME, { range: 'bytes=10-' });
  expect(refusal(beyond)).toEqual([416, 'RANGE_INVALID']);
  expect(beyond.headers.get('content-range')).toBe('bytes */10');
});

it('records a phone for its owner alone, by REST and by gRPC', async () => {
  const made = await call('POST', '/v1/phones');
  expect(made.status, made.text).toBe(202);
  const { phoneId } = made.json.phone;
  expect(refusal(await call('POST', `/v1/phones/${phoneId}/recordings`, RIVAL))).toEqual([
    404,
    'PHONE_NOT_FOUND',
  ]);
  const begun = await call('POST', `/v1/phones/${phoneId}/recordings`);
  expect(begun, begun.text).toMatchObject({ status: 201, json: { phoneId, files: [] } });

  // The fake that is asked next may be another one, as after a move of the phone: it knows of none.
  const again = await call('POST', `/v1/phones/${phoneId}/recordings`);
  expect(again.json).toMatchObject({
    status: 409,
    code: 'RECORDING_RUNNING',
    value: begun.json.recordingId,
  });

  const client = new GatewayServiceClient(gateway.grpcAddress, credentials.createInsecure());
  const listed = (key: string): Promise<string[]> =>
    new Promise((resolve, reject) => {
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${key}`);
      client.listRecordings({ phoneId }, metadata, (error, answer) => {
        if (error === null) resolve(answer.recordings.map(({ recordingId }) => recordingId));
        else reject(error);
      });
    });
  expect(await listed(ACME)).toEqual([begun.json.recordingId]);
  expect(await listed(RIVAL)).toEqual([]);
  client.close();
});

it('pushes a phone for its owner alone, and repeats no URL', async () => {
  const made = await call('POST', '/v1/phones');
  const at = `/v1/phones/${made.json.phone.phoneId}/pushes`;
  const push = (key: string, url: string): Promise<Answer> =>
    gateway.call('POST', at, { key, body: { url } });
  const url = 'rtmp://live.example/app/s3cret';
  expect(refusal(await push(RIVAL, url))).toEqual([404, 'PHONE_NOT_FOUND']);
  const begun = await push(ACME, url);
  expect(begun, begun.text).toMatchObject({ status: 201, json: { destination: 'rtmp://live.example/…' } });
  expect(begun.text).not.toContain('s3cret');
  const tooLong = await push(ACME, `${url}${'x'.repeat(3_000)}`);
  expect(refusal(tooLong)).toEqual([400, 'INVALID_ARGUMENT']);
  expect(tooLong.text).not.toContain('s3cret');

  const { pushId } = begun.json;
  expect((await call('GET', '/v1/pushes', RIVAL)).json).toEqual({ pushes: [] });
  expect(refusal(await call('DELETE', `/v1/pushes/${pushId}`, RIVAL))).toEqual([404, 'PUSH_NOT_FOUND']);
  expect((await call('GET', '/v1/pushes')).json).toMatchObject({ pushes: [{ pushId }] });
  expect((await call('DELETE', `/v1/pushes/${pushId}`)).status).toBe(200);
  expect((await call('GET', '/v1/pushes')).json).toEqual({ pushes: [] });
  expect(gateway.log).not.toContain('s3cret');
});

it('of starts at once one is, wherever each is sent; the next one after it is done has its turn', async () => {
  const made = await call('POST', '/v1/phones');
  const at = `/v1/phones/${made.json.phone.phoneId}/recordings`;
  const answers = await Promise.all(Array.from({ length: 6 }, () => call('POST', at)));
  const [begun, ...more] = answers.filter(({ status }) => status === 201);
  expect(more).toEqual([]);
  const others = answers.filter((answer) => answer !== begun);
  expect(others.map(refusal)).toEqual(others.map(() => [409, 'RECORDING_RUNNING']));
  const ofPhone = [near, far].flatMap(({ recordings }) =>
    recordings.filter((one) => one.phoneId === begun?.json.phoneId),
  );
  expect(ofPhone.map(({ recordingId }) => recordingId)).toEqual([begun?.json.recordingId]);
  for (const one of ofPhone) one.state = RecordingState.RECORDING_STATE_FINISHED;
  expect((await call('POST', at)).status).toBe(201);
});
