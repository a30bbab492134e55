import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

let world: GatewayWorld;
let web: string;
let gateway: GatewayProcess;

beforeAll(async () => {
  web = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-test-web-'));
  fs.mkdirSync(path.join(web, 'assets'));
  fs.writeFileSync(path.join(web, 'index.html'), '<!doctype html><title>console</title>');
  fs.writeFileSync(path.join(web, 'sample.html'), '<!doctype html><title>sample</title>');
  fs.writeFileSync(path.join(web, 'assets/index-AbCd1234.js'), 'export {};');
  fs.writeFileSync(path.join(web, '.env'), 'SECRET=1');
  world = await GatewayWorld.start({ webDir: web });
  ({ gateway } = world);
});
afterAll(async () => {
  await world?.close();
  fs.rmSync(web, { recursive: true });
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
    const keys = await world.state.run('looking', (client) => client.keys('console-*'));
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
