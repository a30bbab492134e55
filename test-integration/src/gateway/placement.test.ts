import type { Bus } from '@ancloud/bus';
import { Wanted } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import type { State } from '@ancloud/state';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, require } from '../harness/eventually.js';
import { FakeHost, reach } from './fake-host.js';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';
import { Partner } from './partner.js';

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
    expect(await partner.list()).toHaveLength(1);
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
    const made = await partner.create();
    await partner.wait(made.operation);
    const phoneId = made.phone.phoneId;
    await host.die(true);
    expect((await gateway.call('GET', `/v1/phones/${phoneId}`)).json).toMatchObject({
      phase: 'lost',
      reason: 'HostLost',
    });
    const gone = await gateway.call('DELETE', `/v1/phones/${phoneId}?force=true`);
    expect((await partner.wait(gone.json.operation)).json).toMatchObject({ state: 'done' });
    expect((await gateway.call('GET', `/v1/phones/${phoneId}`)).status).toBe(404);
    expect(await partner.list()).toEqual([]);
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
    const made = await partner.create();
    await partner.wait(made.operation);
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
    const made = await partner.create();
    await gateway.kill();
    // Nobody nudges: the host re-reads its list, as it does every 10 s.
    host.answer = () => ({ stage: Stage.STAGE_READY });
    host.reconcile();
    await gateway.start();
    expect((await partner.wait(made.operation)).json).toMatchObject({ state: 'done' });
  });
});
