import type { Bus } from '@ancloud/bus';
import { subjects } from '@ancloud/contracts';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { ImageRecord, Stage } from '@ancloud/contracts/state/v1/state';
import type { State } from '@ancloud/state';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, require } from '../harness/eventually.js';
import { flushed } from '../harness/servers.js';
import { FakeHost, IMAGE, reach } from './fake-host.js';
import type { Answer, GatewayProcess, Json } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';
import { Partner } from './partner.js';

const OTHER = `sha256:${'b'.repeat(64)}`;
let world: GatewayWorld;
let state: State;
let bus: Bus;
let gateway: GatewayProcess;
let host: FakeHost;
let partner: Partner;

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ state, bus, gateway } = world);
  partner = new Partner(gateway);
});
beforeEach(async () => {
  host = await FakeHost.start(state, bus, world.secrets.farmSecret);
  // A new farm places nothing until its first host has reported.
  await world.recovered();
});
afterEach(async () => {
  host.answer = reach;
  await partner.removeAll();
  await host.die(true);
  await host.close();
});
afterAll(async () => {
  await world?.close();
});

describe('the life of a phone', () => {
  it('is created, stopped, started and deleted, each with an operation', async () => {
    const made = await partner.create({ name: 'büro 7', spec: { labels: { team: 'a' } } });
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
    expect((await partner.wait(made.operation)).json).toMatchObject({
      kind: 'create',
      state: 'done',
      error: null,
    });
    const at = `/v1/phones/${made.phone.phoneId}`;
    expect((await gateway.call('GET', at)).json).toMatchObject({
      phase: 'ready',
      status: { stage: 'ready' },
    });

    const stop = await gateway.call('POST', `${at}/stop`);
    expect(stop.json.phone).toMatchObject({ phase: 'stopping' });
    expect((await partner.wait(stop.json.operation)).json).toMatchObject({ state: 'done' });
    expect((await gateway.call('GET', at)).json).toMatchObject({ phase: 'stopped' });

    const start = await gateway.call('POST', `${at}/start`);
    expect((await partner.wait(start.json.operation)).json).toMatchObject({ kind: 'start', state: 'done' });

    const gone = await gateway.call('DELETE', at);
    expect(gone.json.phone).toMatchObject({ phase: 'deleting' });
    expect((await partner.wait(gone.json.operation)).json).toMatchObject({ kind: 'delete', state: 'done' });
    expect((await gateway.call('GET', at)).json).toMatchObject({ code: 'PHONE_NOT_FOUND' });
    const phoneId = made.phone.phoneId;
    const keys = await state.run('looking', (client) => client.keys(`*${phoneId}*`));
    expect(keys.toSorted()).toEqual([`phone:${phoneId}:status`, `tombstone:${phoneId}`]);
    expect(await state.run('looking', (client) => client.scard('host:host-1:phones'))).toBe(0);
  });

  it('is rebooted and reset: counted in its wish, and refused where it makes no sense', async () => {
    const made = await partner.create();
    await partner.wait(made.operation);
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
    expect((await partner.wait(reboot.json.operation)).json).toMatchObject({ state: 'done' });

    const again = await gateway.call('POST', `${at}/reboot`);
    expect((await partner.wait(again.json.operation)).json).toMatchObject({ state: 'done' });
    expect(host.told.get(made.phone.phoneId)).toMatchObject({ reboots: 2, resets: 0 });

    await partner.wait((await gateway.call('POST', `${at}/stop`)).json.operation);
    const refused = await gateway.call('POST', `${at}/reboot`);
    expect([refused.status, refused.json]).toMatchObject([
      409,
      { code: 'PHONE_NOT_RUNNING', field: 'phoneId' },
    ]);
    const reset = await gateway.call('POST', `${at}/reset`);
    expect((await partner.wait(reset.json.operation)).json).toMatchObject({ kind: 'reset', state: 'done' });
    expect(host.told.get(made.phone.phoneId)).toMatchObject({ reboots: 2, resets: 1 });
    expect((await gateway.call('GET', at)).json).toMatchObject({ phase: 'stopped' });
  });

  it('is paused and resumed; stopping and starting take a pause back', async () => {
    const made = await partner.create();
    await partner.wait(made.operation);
    const at = `/v1/phones/${made.phone.phoneId}`;
    const ask = async (wish: string): Promise<Json> =>
      (await partner.wait((await gateway.call('POST', `${at}/${wish}`)).json.operation)).json;
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
    const made = await partner.create({ spec: { limits: { cpuMillis: 500 }, labels: { team: 'a' } } });
    await partner.wait(made.operation);
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
    expect((await partner.wait(changed.json.operation)).json).toMatchObject({ state: 'done' });

    host.answer = () => ({ stage: Stage.STAGE_READY, reason: 'StepFailed', message: 'setLimits: EBUSY' });
    const failed = await partner.wait((await patch({ limits: { memoryMib: 128 } })).json.operation);
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
    const made = await partner.create();
    await partner.wait(made.operation);
    await eventually(() => require(facts.includes(made.phone.phoneId), 'no fact'));
    await eventually(() => require(host.synced > before, 'no call'));
    heard.close();
  });

  it("tells the host's reason when a boot fails, and a start tries again", async () => {
    host.answer = () => ({ stage: Stage.STAGE_FAILED, reason: 'BootTimeout', message: 'zygote never came' });
    const made = await partner.create();
    expect((await partner.wait(made.operation)).json).toMatchObject({
      state: 'failed',
      error: { code: 'BOOT_FAILED', message: 'BootTimeout: zygote never came' },
    });
    const at = `/v1/phones/${made.phone.phoneId}`;
    expect((await gateway.call('GET', at)).json).toMatchObject({ phase: 'failed', reason: 'BootTimeout' });
    host.answer = () => ({ stage: Stage.STAGE_READY });
    const start = await gateway.call('POST', `${at}/start`);
    expect((await partner.wait(start.json.operation)).json).toMatchObject({ state: 'done' });
  });

  it('is not changed while it is being deleted', async () => {
    const made = await partner.create();
    await partner.wait(made.operation);
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
