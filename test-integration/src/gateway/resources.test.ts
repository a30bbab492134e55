import { GatewayServiceClient } from '@ancloud/contracts/gateway/v1/gateway';
import { createClient } from '@ancloud/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../harness/eventually.js';
import { FakeHost, IMAGE } from './fake-host.js';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

let world: GatewayWorld;
const ACME = 'key-of-acme-0123456789';
const RIVAL = 'key-of-rival-0123456789';
let gateway: GatewayProcess;
let host: FakeHost;

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ gateway } = world);
  host = await FakeHost.start(world.state, world.bus, world.secrets.farmSecret);
  await world.addKey(ACME, 'acme');
  await world.addKey(RIVAL, 'rival');
  await world.recovered();
});
afterAll(async () => {
  await host?.close();
  await world?.close();
});

async function phoneOf(key: string): Promise<string> {
  const made = await gateway.call('POST', '/v1/phones', { key, body: {} });
  expect(made.status, made.text).toBe(202);
  await gateway.call('GET', `/v1/operations/${made.json.operation.operationId}/wait?timeoutMs=60000`, {
    key,
  });
  return made.json.phone.phoneId;
}

describe('tenants', () => {
  it('see and change only what is theirs', async () => {
    const phoneId = await phoneOf(ACME);
    const at = `/v1/phones/${phoneId}`;
    const operation = (await gateway.call('POST', `${at}/start`, { key: ACME })).json.operation;
    for (const [method, url, body] of [
      ['GET', at],
      ['DELETE', at],
      ['POST', `${at}/start`],
      ['POST', `${at}/stop`],
      ['POST', `${at}/viewers`, { role: 'watch' }],
      ['GET', `${at}/screenshot`],
      ['GET', `${at}/log`],
    ] as const) {
      const answer = await gateway.call(method, url, { key: RIVAL, ...(body === undefined ? {} : { body }) });
      expect([answer.status, answer.json.code], `${method} ${url}`).toEqual([404, 'PHONE_NOT_FOUND']);
    }
    const app = await gateway.call('POST', `${at}/apps`, {
      key: RIVAL,
      raw: new Uint8Array(10),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(app.json.code).toBe('PHONE_NOT_FOUND');
    const other = await gateway.call('GET', `/v1/operations/${operation.operationId}`, { key: RIVAL });
    expect(other.json.code).toBe('OPERATION_NOT_FOUND');
    expect((await gateway.call('GET', '/v1/phones', { key: RIVAL })).json.phones).toEqual([]);
    expect((await gateway.call('GET', '/v1/phones', { key: ACME })).json.phones).toHaveLength(1);
    expect((await gateway.call('GET', at)).status).toBe(200);
    await gateway.call('DELETE', at, { key: ACME });
  });

  it('get their lists in pages', async () => {
    const made = [];
    for (let count = 0; count < 5; count += 1) made.push(await phoneOf(RIVAL));
    const seen: string[] = [];
    let token = '';
    do {
      const page = await gateway.call('GET', `/v1/phones?pageSize=2&pageToken=${token}`, { key: RIVAL });
      seen.push(...page.json.phones.map((phone) => phone.phoneId));
      token = page.json.nextPageToken;
    } while (token !== '');
    expect(seen).toEqual(made.toSorted());
    for (const phoneId of made) await gateway.call('DELETE', `/v1/phones/${phoneId}`, { key: RIVAL });
  });
});

describe('other resources', () => {
  it.each([
    [
      'host-9',
      { schedulable: false },
      { status: 404, code: 'HOST_NOT_FOUND', field: 'hostId', value: 'host-9' },
    ],
    ['host-1', { schedulable: 'no' }, { status: 400, code: 'INVALID_ARGUMENT', field: 'schedulable' }],
    ['host-1', {}, { status: 400, code: 'INVALID_ARGUMENT', field: 'schedulable' }],
  ])('refuses to drain %s with %j', async (hostId, body, problem) => {
    expect((await gateway.call('PATCH', `/v1/hosts/${hostId}`, { body })).json).toMatchObject(problem);
  });

  it('images, hosts, log and probes', async () => {
    expect((await gateway.call('GET', '/v1/images')).json).toMatchObject({
      images: [{ image: { imageId: IMAGE, profile: 'reference' }, hostIds: ['host-1'] }],
    });
    expect((await gateway.call('GET', '/v1/images', { key: ACME })).json).toMatchObject({
      images: [{ hostIds: [] }],
    });
    expect((await gateway.call('GET', '/v1/hosts')).json).toMatchObject({
      hosts: [{ hostId: 'host-1', capacity: 10 }],
    });
    const phoneId = await phoneOf(ACME);
    const log = await gateway.call('GET', `/v1/phones/${phoneId}/log?tail=3`);
    expect(log.text).toBe([1, 2, 3].map((line) => `line ${line} of ${phoneId}\n`).join(''));
    expect((await gateway.call('GET', `/v1/phones/${phoneId}/screenshot`)).json.code).toBe(
      'SESSION_NOT_READY',
    );
    await gateway.call('DELETE', `/v1/phones/${phoneId}`);
    expect((await gateway.call('GET', '/healthz', { key: null })).status).toBe(200);
    expect((await gateway.call('GET', '/readyz', { key: null })).status).toBe(200);
    const document = await gateway.call('GET', '/v1/openapi.json', { key: null });
    expect(Object.keys(document.json.paths)).toContain('/v1/phones/{phoneId}/viewers');
  });

  it('an import tells its result, and its failure', async () => {
    const total = { bytesTotal: 100, image: undefined };
    const image = host.record.images[0];
    host.imports = [
      { phase: 'copying', bytesDone: 50, ...total },
      { phase: 'done', bytesDone: 100, bytesTotal: 100, image },
    ];
    const begun = await gateway.call('POST', '/v1/images', { body: { path: '/images/guest.squashfs' } });
    expect(begun.status).toBe(202);
    const done = await gateway.call('GET', `/v1/operations/${begun.json.operationId}/wait?timeoutMs=60000`);
    expect(done.json).toMatchObject({ kind: 'import-image', state: 'done', result: IMAGE, percent: 100 });
    expect(done.json).toMatchObject({ phase: 'copying', bytesDone: 50, bytesTotal: 100 });
    host.imports = [{ phase: 'copying', bytesDone: 50, ...total }];
    const broken = await gateway.call('POST', '/v1/images', { body: { path: '/images/guest.squashfs' } });
    const failed = await gateway.call(
      'GET',
      `/v1/operations/${broken.json.operationId}/wait?timeoutMs=60000`,
    );
    expect(failed.json).toMatchObject({ state: 'failed', error: { code: 'UNAVAILABLE' } });
  });

  it('the same on gRPC, with the same words', async () => {
    const client = createClient(GatewayServiceClient, gateway.grpcAddress, {
      farmSecret: ACME,
      deadlineMs: PATIENCE_MS,
    });
    const stranger = createClient(GatewayServiceClient, gateway.grpcAddress, { farmSecret: 'wrong' });
    try {
      await expect(stranger.listPhones({ pageSize: 0, pageToken: '' })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
      await expect(client.removeImage({ imageId: IMAGE, hostId: '' })).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
      const made = await client.createPhone({
        name: '',
        spec: undefined,
        idempotencyKey: '',
        snapshotId: '',
      });
      const phoneId = made.phone?.phoneId ?? '';
      const operationId = made.operation?.operationId ?? '';
      await client.waitOperation({ operationId, timeoutMs: 60_000 });
      expect(await client.getPhone({ phoneId })).toMatchObject({ phase: 6, spec: { imageId: IMAGE } });
      const rest = await gateway.call('GET', `/v1/phones/${phoneId}`, { key: ACME });
      expect(rest.json).toMatchObject({ phoneId, phase: 'ready' });
      expect(await client.me({})).toEqual({ owner: 'acme', roles: [], via: 'key' });
      let log = '';
      for await (const { data } of client.phoneLog({ phoneId, tail: 2 })) log += data.toString();
      expect(log).toBe(`line 1 of ${phoneId}\nline 2 of ${phoneId}\n`);
      const events: string[] = [];
      for await (const { event } of client.watchEvents({})) {
        events.push(event?.$case ?? '');
        if (event?.$case === 'phone') void client.deletePhone({ phoneId, force: false }).catch(() => {});
        if (event?.$case === 'phoneRemoved') break;
      }
      expect(events[0]).toBe('phone');
      expect(events).toContain('operation');
      await expect(client.getPhone({ phoneId })).rejects.toMatchObject({
        code: 'PHONE_NOT_FOUND',
        field: 'phoneId',
      });
      await expect(client.listHosts({})).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(client.listMediaServices({})).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const draining = client.updateHost({ hostId: 'host-1', schedulable: false });
      await expect(draining).rejects.toMatchObject({ code: 'FORBIDDEN' });
    } finally {
      client.close();
      stranger.close();
    }
  });
});
