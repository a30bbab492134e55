import type { Bus } from '@ancloud/bus';
import { subjects } from '@ancloud/contracts';
import { Profile, Wanted } from '@ancloud/contracts/common/v1/common';
import { ImageRecord, Stage } from '@ancloud/contracts/state/v1/state';
import type { State } from '@ancloud/state';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, require } from '../harness/eventually.js';
import { flushed } from '../harness/servers.js';
import { FakeHost, IMAGE, reach } from './fake-host.js';
import type { Answer, GatewayProcess, Json } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

const OTHER = `sha256:${'b'.repeat(64)}`;
let world: GatewayWorld;
let state: State;
let bus: Bus;
let gateway: GatewayProcess;
let host: FakeHost;

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ state, bus, gateway } = world);
});
beforeEach(async () => {
  host = await FakeHost.start(state, bus, world.secrets.farmSecret);
  await placing();
});
afterEach(async () => {
  host.answer = reach;
  for (const phone of await list()) await gateway.call('DELETE', `/v1/phones/${phone.phoneId}?force=true`);
  await eventually(async () => require((await list()).length === 0, 'phones are left'));
  await host.die(true);
  await host.close();
});
afterAll(async () => {
  await world?.close();
});

/** A new farm places nothing until its first host has reported. */
async function placing(): Promise<void> {
  await eventually(async () => {
    const left = await state.run('asking', (client) => client.exists('farm:recovery'));
    require(left === 0, 'the farm is recovering');
  });
}

async function list(): Promise<Json['phones']> {
  return (await gateway.call('GET', '/v1/phones')).json.phones;
}

const wait = (operation: Json['operation']): Promise<Answer> =>
  gateway.call('GET', `/v1/operations/${operation.operationId}/wait?timeoutMs=60000`);

async function create(body: unknown = {}): Promise<Json> {
  const made = await gateway.call('POST', '/v1/phones', { body });
  expect(made.status, made.text).toBe(202);
  return made.json;
}

describe('the life of a phone', () => {
  it('is created, stopped, started and deleted, each with an operation', async () => {
    const made = await create({ name: 'büro 7', spec: { labels: { team: 'a' } } });
    expect(made.phone).toMatchObject({
      name: 'büro 7',
      phase: 'placing',
      hostId: 'host-1',
      spec: {
        imageId: IMAGE,
        display: { width: 720, height: 1280, dpi: 320, fps: 60 },
        labels: { team: 'a' },
      },
    });
    expect((await wait(made.operation)).json).toMatchObject({ kind: 'create', state: 'done', error: null });
    const at = `/v1/phones/${made.phone.phoneId}`;
    expect((await gateway.call('GET', at)).json).toMatchObject({
      phase: 'ready',
      status: { stage: 'ready' },
    });

    const stop = await gateway.call('POST', `${at}/stop`);
    expect(stop.json.phone).toMatchObject({ phase: 'stopping' });
    expect((await wait(stop.json.operation)).json).toMatchObject({ state: 'done' });
    expect((await gateway.call('GET', at)).json).toMatchObject({ phase: 'stopped' });

    const start = await gateway.call('POST', `${at}/start`);
    expect((await wait(start.json.operation)).json).toMatchObject({ kind: 'start', state: 'done' });

    const gone = await gateway.call('DELETE', at);
    expect(gone.json.phone).toMatchObject({ phase: 'deleting' });
    expect((await wait(gone.json.operation)).json).toMatchObject({ kind: 'delete', state: 'done' });
    expect((await gateway.call('GET', at)).json).toMatchObject({ code: 'PHONE_NOT_FOUND' });
    const phoneId = made.phone.phoneId;
    const keys = await state.run('looking', (client) => client.keys(`*${phoneId}*`));
    expect(keys.toSorted()).toEqual([`phone:${phoneId}:status`, `tombstone:${phoneId}`]);
    expect(await state.run('looking', (client) => client.scard('host:host-1:phones'))).toBe(0);
  });

  it('is rebooted and reset: counted in its wish, and refused where it makes no sense', async () => {
    const made = await create();
    await wait(made.operation);
    const at = `/v1/phones/${made.phone.phoneId}`;
    // A host that is busy with it: the operation lasts until it has answered this wish.
    host.answer = () => ({ stage: Stage.STAGE_STOPPING });
    const reboot = await gateway.call('POST', `${at}/reboot`);
    expect(reboot.json).toMatchObject({ operation: { kind: 'reboot', state: 'running' } });
    await eventually(() => require(host.told.get(made.phone.phoneId)?.reboots === 1, 'not told'));
    expect(
      (await gateway.call('GET', `/v1/operations/${reboot.json.operation.operationId}`)).json,
    ).toMatchObject({
      state: 'running',
    });
    host.answer = reach;
    host.reconcile();
    expect((await wait(reboot.json.operation)).json).toMatchObject({ state: 'done' });

    const again = await gateway.call('POST', `${at}/reboot`);
    expect((await wait(again.json.operation)).json).toMatchObject({ state: 'done' });
    expect(host.told.get(made.phone.phoneId)).toMatchObject({ reboots: 2, resets: 0 });

    await wait((await gateway.call('POST', `${at}/stop`)).json.operation);
    const refused = await gateway.call('POST', `${at}/reboot`);
    expect([refused.status, refused.json]).toMatchObject([
      409,
      { code: 'PHONE_NOT_RUNNING', field: 'phoneId' },
    ]);
    const reset = await gateway.call('POST', `${at}/reset`);
    expect((await wait(reset.json.operation)).json).toMatchObject({ kind: 'reset', state: 'done' });
    expect(host.told.get(made.phone.phoneId)).toMatchObject({ reboots: 2, resets: 1 });
    expect((await gateway.call('GET', at)).json).toMatchObject({ phase: 'stopped' });
  });

  it('is paused and resumed; stopping and starting take a pause back', async () => {
    const made = await create();
    await wait(made.operation);
    const at = `/v1/phones/${made.phone.phoneId}`;
    const ask = async (wish: string): Promise<Json> =>
      (await wait((await gateway.call('POST', `${at}/${wish}`)).json.operation)).json;
    expect(await ask('pause')).toMatchObject({ kind: 'pause', state: 'done' });
    const paused = await gateway.call('GET', at);
    expect(paused.json).toMatchObject({ phase: 'paused', viewable: false, status: { stage: 'paused' } });
    expect(await ask('resume')).toMatchObject({ kind: 'resume', state: 'done' });
    expect((await gateway.call('GET', at)).json).toMatchObject({ phase: 'ready' });
    await ask('pause');
    await ask('stop');
    expect(host.told.get(made.phone.phoneId)).toMatchObject({ paused: false });
    expect((await gateway.call('POST', `${at}/pause`)).json).toMatchObject({ code: 'PHONE_NOT_RUNNING' });
    expect(await ask('start')).toMatchObject({ state: 'done' });
    expect((await gateway.call('GET', at)).json).toMatchObject({ phase: 'ready' });
  });

  it('is changed in parts; what was not named stays', async () => {
    const made = await create({ spec: { limits: { cpuMillis: 500 }, labels: { team: 'a' } } });
    await wait(made.operation);
    const at = `/v1/phones/${made.phone.phoneId}`;
    const patch = (spec: unknown, more: object = {}): Promise<Answer> =>
      gateway.call('PATCH', at, { body: { spec, ...more } });
    // Ready, and not yet what was wished: the operation goes on.
    host.answer = () => ({ stage: Stage.STAGE_READY, reason: 'LimitsChanging' });
    const changed = await patch({ limits: { memoryMib: 1_024 }, idlePauseMinutes: 5 });
    expect(changed.json).toMatchObject({
      operation: { kind: 'update', state: 'running' },
      phone: {
        spec: {
          limits: { cpuMillis: 500, memoryMib: 1_024, pids: 4_096 },
          labels: { team: 'a' },
          idlePauseMinutes: 5,
        },
      },
    });
    host.answer = reach;
    host.reconcile();
    expect((await wait(changed.json.operation)).json).toMatchObject({ state: 'done' });

    host.answer = () => ({ stage: Stage.STAGE_READY, reason: 'StepFailed', message: 'setLimits: EBUSY' });
    const failed = await wait((await patch({ limits: { memoryMib: 128 } })).json.operation);
    expect(failed.json).toMatchObject({
      state: 'failed',
      error: { code: 'STEP_FAILED', message: 'setLimits: EBUSY' },
    });
    host.answer = reach;

    const other = ImageRecord.fromPartial({
      imageId: OTHER,
      profile: Profile.PROFILE_REDROID,
      name: 'other',
    });
    expect((await patch({ imageId: OTHER })).json).toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      field: 'spec.imageId',
    });
    host.record = { ...host.record, images: [...host.record.images, other] };
    await host.beat();
    expect((await patch({ imageId: OTHER })).json).toMatchObject({ code: 'PROFILE_CHANGE' });
    expect((await patch({ imageId: OTHER }, { allowProfileChange: true })).json).toMatchObject({
      phone: { spec: { imageId: OTHER } },
    });
    expect((await patch({})).json).toMatchObject({ code: 'INVALID_ARGUMENT', field: 'fields' });
    expect((await patch({ limits: { memoryMib: 1 } })).json).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await patch({ limits: { memoryMib: 32_768 } })).json).toMatchObject({
      field: 'spec.limits.memoryMib',
    });
  });

  it('nudges the host by RPC and by a fact', async () => {
    const before = host.synced;
    const facts: string[] = [];
    const heard = bus.subscribe(subjects.desired, {}, (fact) => void facts.push(fact.phoneId));
    await flushed(bus);
    const made = await create();
    await wait(made.operation);
    await eventually(() => require(facts.includes(made.phone.phoneId), 'no fact'));
    await eventually(() => require(host.synced > before, 'no call'));
    heard.close();
  });

  it("tells the host's reason when a boot fails, and a start tries again", async () => {
    host.answer = () => ({ stage: Stage.STAGE_FAILED, reason: 'BootTimeout', message: 'zygote never came' });
    const made = await create();
    expect((await wait(made.operation)).json).toMatchObject({
      state: 'failed',
      error: { code: 'BOOT_FAILED', message: 'BootTimeout: zygote never came' },
    });
    const at = `/v1/phones/${made.phone.phoneId}`;
    expect((await gateway.call('GET', at)).json).toMatchObject({ phase: 'failed', reason: 'BootTimeout' });
    host.answer = () => ({ stage: Stage.STAGE_READY });
    const start = await gateway.call('POST', `${at}/start`);
    expect((await wait(start.json.operation)).json).toMatchObject({ state: 'done' });
  });

  it('is not changed while it is being deleted', async () => {
    const made = await create();
    await wait(made.operation);
    const at = `/v1/phones/${made.phone.phoneId}`;
    host.answer = () => undefined;
    await gateway.call('DELETE', at);
    expect((await gateway.call('POST', `${at}/start`)).json).toMatchObject({
      status: 409,
      code: 'PHONE_DELETING',
    });
    expect((await gateway.call('POST', `${at}/viewers`, { body: { role: 'watch' } })).json).toMatchObject({
      code: 'PHONE_DELETING',
    });
    host.answer = () => ({ stage: Stage.STAGE_REMOVED });
    host.reconcile();
  });
});

describe('placement', () => {
  it('never gives a place twice, however many ask at once', async () => {
    host.record = { ...host.record, capacity: 3 };
    await host.beat();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => gateway.call('POST', '/v1/phones', { body: {} })),
    );
    const codes = answers.map((answer) => answer.json.code ?? 'placed');
    expect(codes.filter((code) => code === 'placed')).toHaveLength(3);
    expect(codes.filter((code) => code === 'NO_HOST')).toHaveLength(7);
    expect(answers.find((answer) => answer.status === 503)?.json.detail).toContain('host-1 is full');
    expect(await state.run('counting', (client) => client.scard('host:host-1:phones'))).toBe(3);
  });

  it('gives the first answer to a repeated request', async () => {
    const ask = (body: unknown) =>
      gateway.call('POST', '/v1/phones', { body, headers: { 'idempotency-key': 'order 4711 / ü' } });
    const [one, two] = await Promise.all([ask({ name: 'x' }), ask({ name: 'x' })]);
    expect(one.json.phone.phoneId).toBe(two.json.phone.phoneId);
    const three = await ask({ name: 'x' });
    expect(three.json.operation.operationId).toBe(one.json.operation.operationId);
    expect((await ask({ name: 'y' })).json).toMatchObject({ status: 422, code: 'IDEMPOTENCY_MISMATCH' });
    expect(await list()).toHaveLength(1);
  });

  it('says why no host can', async () => {
    const drained = await gateway.call('PATCH', '/v1/hosts/host-1', { body: { schedulable: false } });
    expect(drained.json).toMatchObject({ hostId: 'host-1', schedulable: false });
    expect((await gateway.call('GET', '/v1/hosts')).json).toMatchObject({ hosts: [{ schedulable: false }] });
    expect((await gateway.call('POST', '/v1/phones', { body: {} })).json).toMatchObject({
      code: 'NO_HOST',
      detail: 'no host can take the phone: host-1 is being drained',
    });
    const imageId = `sha256:${'b'.repeat(64)}`;
    expect((await gateway.call('POST', '/v1/phones', { body: { spec: { imageId } } })).json).toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      field: 'spec.imageId',
      value: imageId,
    });
  });
});

describe('a lost host', () => {
  it('makes its phones lost; a forced deletion does not wait for it, and it finishes on return', async () => {
    const made = await create();
    await wait(made.operation);
    const phoneId = made.phone.phoneId;
    await host.die(true);
    expect((await gateway.call('GET', `/v1/phones/${phoneId}`)).json).toMatchObject({
      phase: 'lost',
      reason: 'HostLost',
    });
    const gone = await gateway.call('DELETE', `/v1/phones/${phoneId}?force=true`);
    expect((await wait(gone.json.operation)).json).toMatchObject({ state: 'done' });
    expect((await gateway.call('GET', `/v1/phones/${phoneId}`)).status).toBe(404);
    expect(await list()).toEqual([]);
    // The host still has it on its list, so that it can remove it.
    expect(await state.run('looking', (client) => client.smembers('host:host-1:phones'))).toEqual([phoneId]);
    await host.revive();
    host.reconcile();
    await eventually(async () => {
      const left = await state.run('looking', (client) => client.exists(`phone:${phoneId}`));
      require(left === 0, 'the records of the deleted phone are still there');
    });
    expect(await state.run('looking', (client) => client.scard('host:host-1:phones'))).toBe(0);
  });

  it('does not force anything while the host is alive', async () => {
    const made = await create();
    await wait(made.operation);
    const phoneId = made.phone.phoneId;
    host.answer = (desired) => ({
      stage: desired.wanted === Wanted.WANTED_REMOVED ? Stage.STAGE_STOPPING : Stage.STAGE_READY,
    });
    await gateway.call('DELETE', `/v1/phones/${phoneId}?force=true`);
    expect((await gateway.call('GET', `/v1/phones/${phoneId}`)).json).toMatchObject({ phase: 'deleting' });
    host.answer = () => ({ stage: Stage.STAGE_REMOVED });
    host.reconcile();
  });
});

describe('a gateway that dies between placing and nudging', () => {
  it('leaves a phone that its host finds by itself, and an operation that another gateway ends', async () => {
    host.answer = () => undefined;
    const made = await create();
    await gateway.kill();
    // Nobody nudges: the host re-reads its list, as it does every 10 s.
    host.answer = () => ({ stage: Stage.STAGE_READY });
    host.reconcile();
    await gateway.start();
    expect((await wait(made.operation)).json).toMatchObject({ state: 'done' });
  });
});
