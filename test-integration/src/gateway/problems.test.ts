import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

let world: GatewayWorld;
const ACME = 'key-of-acme-0123456789';
let web: string;
let gateway: GatewayProcess;

beforeAll(async () => {
  web = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-test-web-'));
  fs.writeFileSync(path.join(web, 'index.html'), '<!doctype html><title>console</title>');
  world = await GatewayWorld.start({ webDir: web });
  ({ gateway } = world);
  await world.addKey(ACME, 'acme');
});
afterAll(async () => {
  await world?.close();
  fs.rmSync(web, { recursive: true });
});

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

  it('are told of a large body before it is sent', async () => {
    const [head = '', body = ''] = (await gateway.announced('/v1/phones', 1_100_000)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 413 /);
    expect(head).toMatch(/^content-type: application\/problem\+json/im);
    expect(JSON.parse(body)).toMatchObject({ code: 'MESSAGE_TOO_LARGE', field: 'body' });
  });

  it('are also told on sockets that never become a request', async () => {
    expect(await gateway.raw('HELLO\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*MESSAGE_MALFORMED/);
    expect(await gateway.raw(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 413 [\s\S]*MESSAGE_TOO_LARGE/,
    );
  });

  it('have told no secret to the log', () => {
    for (const secret of [
      ...Object.values(world.secrets),
      ACME,
      world.redis.password,
      world.nats.passwords.gateway,
    ])
      expect(gateway.log.includes(secret)).toBe(false);
  });
});
