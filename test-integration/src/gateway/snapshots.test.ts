import type { Bus } from '@ancloud/bus';
import { Profile, Wanted } from '@ancloud/contracts/common/v1/common';
import { ImageRecord, SnapshotRecord, Stage } from '@ancloud/contracts/state/v1/state';
import type { State } from '@ancloud/state';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { FakeHost, IMAGE, reach } from './fake-host.js';
import type { Answer, GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

const ANBOX = `sha256:${'b'.repeat(64)}`;
const ACME = 'key-of-acme-0123456789';
const RIVAL = 'key-of-rival-0123456789';
let world: GatewayWorld;
const image = (imageId: string, profile: Profile): ImageRecord =>
  ImageRecord.fromPartial({ imageId, profile });
const snapshot = (snapshotId: string, owner: string, createdAtMs: number): SnapshotRecord =>
  SnapshotRecord.fromPartial({
    snapshotId,
    owner,
    createdAtMs,
    name: snapshotId,
    imageId: IMAGE,
    profile: Profile.PROFILE_REFERENCE,
    sha256: 'c'.repeat(64),
  });
let state: State;
let bus: Bus;
let gateway: GatewayProcess;
let near: FakeHost;
let far: FakeHost;

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ state, bus, gateway } = world);
  await world.addKey(ACME, 'acme');
  await world.addKey(RIVAL, 'rival');
  const images = [image(IMAGE, Profile.PROFILE_REFERENCE), image(ANBOX, Profile.PROFILE_ANBOX)];
  const profiles = [Profile.PROFILE_REFERENCE, Profile.PROFILE_ANBOX];
  near = await FakeHost.start(state, bus, world.secrets.farmSecret, { images, profiles });
  const snapshots = [
    snapshot('sn_acme', 'acme', 2_000),
    snapshot('sn_old', 'acme', 1_000),
    snapshot('sn_rival', 'rival', 0),
  ];
  // Fuller than the other: only the snapshot speaks for it.
  far = await FakeHost.start(state, bus, world.secrets.farmSecret, {
    hostId: 'host-2',
    images,
    profiles,
    snapshots,
    capacity: 3,
  });
  await world.recovered();
});
afterEach(() => {
  near.answer = reach;
});
afterAll(async () => {
  await near?.close();
  await far?.close();
  await world?.close();
});

const call = (method: string, at: string, body?: unknown, key = ACME): Promise<Answer> =>
  gateway.call(method, at, { key, ...(body === undefined ? {} : { body }) });
const ended = async (answer: Answer): Promise<Answer['json']> => {
  expect(answer.status, answer.text).toBe(202);
  const { operationId } = answer.json.operation;
  return (await call('GET', `/v1/operations/${operationId}/wait?timeoutMs=60000`)).json;
};
const refusal = ({ status, json }: Answer): [number, string] => [status, json.code];

/** A phone of acme's that is ready, on the emptier host. */
async function phone(): Promise<string> {
  const made = await call('POST', '/v1/phones', { spec: { imageId: IMAGE } });
  expect(await ended(made)).toMatchObject({ state: 'done' });
  return `/v1/phones/${made.json.phone.phoneId}`;
}

it('keeps the data of a phone that stands still, and says by which id', async () => {
  const at = await phone();
  expect(refusal(await call('POST', `${at}/snapshots`, {}))).toEqual([409, 'PHONE_NOT_STILL']);
  await ended(await call('POST', `${at}/stop`));
  const taken = await ended(await call('POST', `${at}/snapshots`, { name: 'kept' }));
  expect(taken).toMatchObject({
    kind: 'snapshot',
    state: 'done',
    result: expect.stringMatching(/^sn_/) as string,
  });
  const [told] = near.told.values();
  expect(told?.snapshot).toMatchObject({ name: 'kept' });
  // The next wish to run takes it back; the host must never find one to take that nobody waits for.
  await ended(await call('POST', `${at}/start`));
  expect([...near.told.values()].map((wish) => wish.snapshot)).toEqual([undefined]);
  await ended(await call('POST', `${at}/pause`));
  expect(await ended(await call('POST', `${at}/snapshots`))).toMatchObject({ state: 'done' });
  await ended(await call('DELETE', at));
});

it('tells a snapshot that cannot be taken, and one that another wish came before', async () => {
  const at = await phone();
  await ended(await call('POST', `${at}/stop`));
  near.answer = () => ({ stage: Stage.STAGE_STOPPED, reason: 'StepFailed', message: 'the disk is full' });
  expect(await ended(await call('POST', `${at}/snapshots`))).toMatchObject({
    state: 'failed',
    result: '',
    error: { code: 'STEP_FAILED', message: 'the disk is full' },
  });
  near.answer = (wish) =>
    wish.wanted === Wanted.WANTED_STOPPED
      ? { stage: Stage.STAGE_STOPPED, reason: 'SnapshotPending' }
      : reach(wish);
  const waiting = await call('POST', `${at}/snapshots`);
  await ended(await call('POST', `${at}/start`));
  expect(await ended(waiting)).toMatchObject({ state: 'failed', error: { code: 'FENCED' } });
  await ended(await call('DELETE', at));
});

it('lists to each tenant its own, newest first, and lets nobody else use or remove them', async () => {
  const { json } = await call('GET', '/v1/snapshots');
  expect(json).toMatchObject({
    snapshots: [
      { snapshotId: 'sn_acme', profile: 'reference', hostId: '', createdAt: '1970-01-01T00:00:02.000Z' },
      { snapshotId: 'sn_old' },
    ],
  });
  const admin = await gateway.call('GET', '/v1/snapshots');
  expect(admin.json).toMatchObject({ snapshots: [{ hostId: 'host-2' }, {}, { snapshotId: 'sn_rival' }] });
  const at = await phone();
  for (const [method, url, body] of [
    ['DELETE', '/v1/snapshots/sn_rival', undefined],
    ['POST', '/v1/phones', { snapshotId: 'sn_rival' }],
    ['POST', `${at}/restore`, { snapshotId: 'sn_rival' }],
    ['DELETE', '/v1/snapshots/sn_none', undefined],
  ] as const)
    expect(refusal(await call(method, url, body)), `${method} ${url}`).toEqual([404, 'SNAPSHOT_NOT_FOUND']);
  for (const verb of ['snapshots', 'restore'])
    expect(
      refusal(
        await call('POST', `${at}/${verb}`, verb === 'restore' ? { snapshotId: 'sn_rival' } : {}, RIVAL),
      ),
    ).toEqual([404, 'PHONE_NOT_FOUND']);
  expect(refusal(await call('DELETE', '/v1/snapshots/nothing'))).toEqual([400, 'INVALID_ARGUMENT']);
  await ended(await call('DELETE', at));
});

it('makes a clone where the snapshot is, with its image, and restores only there', async () => {
  const made = await call('POST', '/v1/phones', { snapshotId: 'sn_acme' });
  expect(made.json.phone).toMatchObject({ hostId: 'host-2', dataFrom: 'sn_acme', spec: { imageId: IMAGE } });
  await ended(made);
  const at = `/v1/phones/${made.json.phone.phoneId}`;
  const restored = await call('POST', `${at}/restore`, { snapshotId: 'sn_old' });
  expect(await ended(restored)).toMatchObject({ kind: 'restore', state: 'done' });
  const wish = far.told.get(made.json.phone.phoneId);
  expect(wish).toMatchObject({ dataFrom: 'sn_old', resets: 1 });
  await ended(await call('POST', `${at}/reset`));
  expect(far.told.get(made.json.phone.phoneId)).toMatchObject({ dataFrom: '', resets: 2 });

  const elsewhere = await phone();
  expect(refusal(await call('POST', `${elsewhere}/restore`, { snapshotId: 'sn_acme' }))).toEqual([
    409,
    'SNAPSHOT_ELSEWHERE',
  ]);
  const otherFamily = { snapshotId: 'sn_acme', spec: { imageId: ANBOX } };
  expect(refusal(await call('POST', '/v1/phones', otherFamily))).toEqual([409, 'PROFILE_CHANGE']);
  for (const one of [at, elsewhere]) await ended(await call('DELETE', one));
});

it('removes one on its host', async () => {
  expect((await call('DELETE', '/v1/snapshots/sn_old')).status).toBe(204);
  expect(far.record.snapshots.map(({ snapshotId }) => snapshotId)).toEqual(['sn_acme', 'sn_rival']);
  expect(refusal(await call('DELETE', '/v1/snapshots/sn_old'))).toEqual([404, 'SNAPSHOT_NOT_FOUND']);
});
