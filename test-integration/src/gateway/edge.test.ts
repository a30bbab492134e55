import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Bus } from '@ancloud/bus';
import { GatewayServiceClient } from '@ancloud/contracts/gateway/v1/gateway';
import { createClient } from '@ancloud/kit';
import type { State } from '@ancloud/state';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../harness/eventually.js';
import { FakeHost, IMAGE } from './fake-host.js';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

let world: GatewayWorld;
const ACME = 'key-of-acme-0123456789';
const RIVAL = 'key-of-rival-0123456789';
let web: string;
let state: State;
let bus: Bus;
let gateway: GatewayProcess;
let host: FakeHost;

beforeAll(async () => {
  web = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-test-web-'));
  fs.mkdirSync(path.join(web, 'assets'));
  fs.writeFileSync(path.join(web, 'index.html'), '<!doctype html><title>console</title>');
  fs.writeFileSync(path.join(web, 'sample.html'), '<!doctype html><title>sample</title>');
  fs.writeFileSync(path.join(web, 'assets/index-AbCd1234.js'), 'export {};');
  fs.writeFileSync(path.join(web, '.env'), 'SECRET=1');
  world = await GatewayWorld.start({ webDir: web });
  ({ state, bus, gateway } = world);
  host = await FakeHost.start(state, bus, world.secrets.farmSecret);
  await world.addKey(ACME, 'acme');
  await world.addKey(RIVAL, 'rival');
  await world.recovered();
});
afterAll(async () => {
  await host?.close();
  await world?.close();
  fs.rmSync(web, { recursive: true });
});

async function phoneOf(key: string): Promise<string> {
  const made = await gateway.call('POST', '/v1/phones', { key, body: {} });
  expect(made.status, made.text).toBe(202);
  await gateway.call('GET', `/v1/operations/${made.json.operation.operationId}/wait?timeoutMs=60000`, {
    key,
  });
  return made.json.phone.phoneId;
}

/** What a raw socket gets back. */
function raw(text: string): Promise<string> {
  const { port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (piece: string) => (answer += piece));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  });
}

describe('problems', () => {
  it.each<[string, string, string, Parameters<GatewayProcess['call']>[2], number, string]>([
    ['no key', 'GET', '/v1/phones', { key: null }, 401, 'UNAUTHENTICATED'],
    ['a wrong key', 'GET', '/v1/phones', { key: 'x'.repeat(40) }, 401, 'UNAUTHENTICATED'],
    ['no such route', 'GET', '/v1/nothing', {}, 404, 'ROUTE_NOT_FOUND'],
    ['no such page', 'GET', '/nothing.js', { key: null }, 404, 'ROUTE_NOT_FOUND'],
    ['a wrong method', 'DELETE', '/v1/phones', {}, 405, 'METHOD_NOT_ALLOWED'],
    ['a wrong method', 'GET', '/v1/console/links', {}, 405, 'METHOD_NOT_ALLOWED'],
    ['broken JSON', 'POST', '/v1/phones', { raw: '{"name":' }, 400, 'MESSAGE_MALFORMED'],
    [
      'an empty body',
      'POST',
      '/v1/phones',
      { raw: '', headers: { 'content-type': 'application/json' } },
      400,
      'MESSAGE_MALFORMED',
    ],
    [
      'poisoned JSON',
      'POST',
      '/v1/phones',
      { raw: '{"__proto__":{"admin":true}}' },
      400,
      'MESSAGE_MALFORMED',
    ],
    [
      'another language',
      'POST',
      '/v1/phones',
      { raw: '<a/>', headers: { 'content-type': 'text/xml' } },
      415,
      'UNSUPPORTED_MEDIA',
    ],
    [
      'a large body',
      'POST',
      '/v1/phones',
      { raw: `{"name":"${'x'.repeat(1_100_000)}"}` },
      413,
      'MESSAGE_TOO_LARGE',
    ],
    ['an unknown field', 'POST', '/v1/phones', { body: { owner: 'somebody' } }, 400, 'INVALID_ARGUMENT'],
    ['a list', 'POST', '/v1/phones', { body: [] }, 400, 'INVALID_ARGUMENT'],
    [
      'a tiny screen',
      'POST',
      '/v1/phones',
      { body: { spec: { display: { width: 1 } } } },
      400,
      'INVALID_ARGUMENT',
    ],
    [
      "the farm's property",
      'POST',
      '/v1/phones',
      { body: { spec: { bootProperties: { 'androidboot.ancloud_phone': 'x' } } } },
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'a long idempotency key',
      'POST',
      '/v1/phones',
      { body: {}, headers: { 'idempotency-key': 'x'.repeat(129) } },
      400,
      'INVALID_ARGUMENT',
    ],
    ['a page of nothing', 'GET', '/v1/phones?pageSize=0', {}, 400, 'INVALID_ARGUMENT'],
    ['a page token of nobody', 'GET', '/v1/phones?pageToken=..', {}, 400, 'INVALID_ARGUMENT'],
    ['no such phone', 'GET', '/v1/phones/ph_0', {}, 404, 'PHONE_NOT_FOUND'],
    ['an id with a key in it', 'GET', '/v1/phones/ph_0:status', {}, 400, 'INVALID_ARGUMENT'],
    ['an id that climbs', 'GET', '/v1/phones/..%2f..%2fetc', {}, 400, 'INVALID_ARGUMENT'],
    ['an id that is too long', 'GET', `/v1/phones/${'x'.repeat(300)}`, {}, 404, 'ROUTE_NOT_FOUND'],
    ['a broken escape', 'GET', '/v1/phones/%zz', {}, 400, 'MESSAGE_MALFORMED'],
    ['no such operation', 'GET', '/v1/operations/op_0', {}, 404, 'OPERATION_NOT_FOUND'],
    ['a long wait', 'GET', '/v1/operations/op_0/wait?timeoutMs=60001', {}, 400, 'INVALID_ARGUMENT'],
    [
      'an unknown role',
      'POST',
      '/v1/phones/ph_0/viewers',
      { body: { role: 'admin' } },
      400,
      'INVALID_ARGUMENT',
    ],
    ['a relative path', 'POST', '/v1/images', { body: { path: '../x' } }, 400, 'INVALID_ARGUMENT'],
    ['no such host', 'POST', '/v1/images', { body: { path: '/x', hostId: 'h9' } }, 404, 'HOST_NOT_FOUND'],
    [
      'a used code',
      'POST',
      '/v1/console/sign-in',
      { body: { code: 'x' }, key: null, headers: { origin: 'OWN' } },
      401,
      'TOKEN_INVALID',
    ],
    ['no Origin', 'POST', '/v1/console/sign-in', { body: { code: 'x' }, key: null }, 403, 'ORIGIN_REFUSED'],
    ['no WebSocket', 'GET', '/v1/signal', {}, 400, 'INVALID_ARGUMENT'],
    ['a tenant and hosts', 'GET', '/v1/hosts', { key: ACME }, 403, 'FORBIDDEN'],
    ['a tenant and imports', 'POST', '/v1/images', { key: ACME, body: { path: '/x' } }, 403, 'FORBIDDEN'],
    ['a tenant and links', 'POST', '/v1/console/links', { key: ACME }, 403, 'FORBIDDEN'],
  ])('%s: %s %s', async (_, method, at, options, status, code) => {
    const headers = Object.fromEntries(
      Object.entries(options?.headers ?? {}).map(([name, value]) => [
        name,
        value === 'OWN' ? gateway.url : value,
      ]),
    );
    const answer = await gateway.call(method, at, { ...options, headers });
    expect([answer.status, answer.json.code], answer.text).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{16}$/);
    expect(answer.headers.get('allow') !== null).toBe(status === 405);
  });

  it('are also told on sockets that never become a request', async () => {
    expect(await raw('HELLO\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*MESSAGE_MALFORMED/);
    expect(await raw(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 413 [\s\S]*MESSAGE_TOO_LARGE/,
    );
  });

  it('have told no secret to the log', () => {
    for (const secret of [
      ...Object.values(world.secrets),
      ACME,
      RIVAL,
      world.redis.password,
      world.nats.passwords.gateway,
    ])
      expect(gateway.log.includes(secret)).toBe(false);
  });
});

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

describe('the console', () => {
  it('signs in by a one-time link, and guards its cookie', async () => {
    const link = await gateway.call('POST', '/v1/console/links');
    expect(link.status).toBe(201);
    const code = new URL(link.json.url).hash.replace('#code=', '');
    const own = { origin: gateway.url };
    const foreign = await gateway.call('POST', '/v1/console/sign-in', {
      key: null,
      body: { code },
      headers: { origin: 'https://evil.example' },
    });
    expect(foreign.json.code).toBe('ORIGIN_REFUSED');
    const signed = await gateway.call('POST', '/v1/console/sign-in', {
      key: null,
      body: { code },
      headers: own,
    });
    expect(signed.json).toEqual({ owner: 'admin', roles: ['admin'], via: 'console' });
    const setCookie = signed.headers.get('set-cookie') ?? '';
    expect(setCookie).toMatch(
      /^ancloud_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=43200$/,
    );
    const again = await gateway.call('POST', '/v1/console/sign-in', {
      key: null,
      body: { code },
      headers: own,
    });
    expect(again.json.code).toBe('TOKEN_INVALID');

    const cookie = setCookie.split(';')[0] ?? '';
    const me = await gateway.call('GET', '/v1/me', { key: null, headers: { cookie } });
    expect(me.json).toMatchObject({ owner: 'admin', via: 'console' });
    for (const origin of [undefined, 'https://evil.example', 'https://partner.example', 'null']) {
      const attack = await gateway.call('POST', '/v1/phones', {
        key: null,
        body: {},
        headers: { cookie, ...(origin === undefined ? {} : { origin }) },
      });
      expect([attack.status, attack.json.code], String(origin)).toEqual([403, 'ORIGIN_REFUSED']);
    }
    const out = await gateway.call('DELETE', '/v1/console/session', {
      key: null,
      headers: { cookie, ...own },
    });
    expect(out.status).toBe(204);
    expect((await gateway.call('GET', '/v1/me', { key: null, headers: { cookie } })).status).toBe(401);
    const keys = await state.run('looking', (client) => client.keys('console-*'));
    expect(keys).toEqual([]);
  });

  it('serves its files and nothing else', async () => {
    const page = await gateway.call('GET', '/', { key: null });
    expect([page.status, page.text]).toEqual([200, '<!doctype html><title>console</title>']);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const asset = await gateway.call('GET', '/assets/index-AbCd1234.js', { key: null });
    expect(asset.headers.get('cache-control')).toContain('immutable');
    const deep = await gateway.call('GET', '/phones/ph_1', { key: null, headers: { accept: 'text/html' } });
    expect(deep.text).toContain('<title>console</title>');
    for (const page of ['/sample', '/sample.html'])
      expect((await gateway.call('GET', page, { key: null })).text).toContain('sample');
    for (const attack of [
      '/.env',
      '/assets/',
      '/assets/../.env',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/..%2f..%2f..%2fetc%2fpasswd',
      '/assets/..%5c..%5c.env',
      '/%00',
      '//etc/passwd',
    ]) {
      const answer = await rawGet(attack);
      expect(answer.status, attack).toBeGreaterThanOrEqual(400);
      expect(answer.body, attack).not.toMatch(/root:|SECRET/);
    }
  });
});

/** A GET whose path no client library tidies up. */
function rawGet(at: string): Promise<{ status: number; body: string }> {
  const { port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path: at }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      })
      .on('error', reject);
  });
}

describe('other resources', () => {
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
    } finally {
      client.close();
      stranger.close();
    }
  });
});
