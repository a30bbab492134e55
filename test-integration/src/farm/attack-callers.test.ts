import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { converse } from '../harness/converse.js';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { portOf, secretOf } from '../harness/farm-address.js';
import { Farm, type Operation, type Phone } from '../harness/farm.js';
import { redis } from '../harness/redis.js';
import { Unharmed } from '../harness/unharmed.js';

// What somebody may try who can reach the farm's gateway: with tokens, keys, frames, paths and images. Each service must refuse in its
// own words and go on: the last test looks whether any of them had to be started again.

const farm = new Farm(inject('farm'));
const base = portOf(farm.address, 0);
const secret = (name: string): string => secretOf(farm.address, name);
let phone: Phone;
let unharmed: Unharmed;

beforeAll(async () => {
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  unharmed = await Unharmed.since(farm);
});
afterAll(async () => {
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

interface Closed {
  readonly code: number;
  readonly said: string[];
}

/** Opens a WebSocket, sends, and waits until the farm has closed it. */
function socket(route: string, frames: readonly (string | Uint8Array<ArrayBuffer>)[]): Promise<Closed> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`${farm.address.url.replace('http', 'ws')}${route}`);
    const said: string[] = [];
    const timer = setTimeout(() => {
      ws.close();
      reject(new Error(`${route} was not closed; it said ${said.join(' ')}`));
    }, PATIENCE_MS);
    ws.addEventListener('open', () => frames.forEach((frame) => ws.send(frame)));
    ws.addEventListener('message', ({ data }) => said.push(String(data)));
    ws.addEventListener('close', ({ code }) => {
      clearTimeout(timer);
      resolve({ code, said });
    });
  });
}

const join = (token: string): string => JSON.stringify({ id: 1, method: 'join', data: { token } });

/** A token of the gateway's own make-up with other claims, signed with `key`. */
function forge(token: string, claims: object, key: string, header?: object): string {
  const [head = '', body = ''] = token.split('.');
  const text = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${header === undefined ? head : text(header)}.${text({
    ...(JSON.parse(Buffer.from(body, 'base64url').toString()) as object),
    ...claims,
  })}`;
  return `${signed}.${crypto.createHmac('sha256', key).update(signed).digest('base64url')}`;
}

describe('a viewer token', () => {
  it.each<[string, (token: string) => string, string]>([
    ['that is no token', () => 'x'.repeat(300), 'TOKEN_INVALID'],
    ['signed by another farm', (token) => forge(token, { role: 'control' }, 'k'.repeat(43)), 'TOKEN_INVALID'],
    [
      'without an algorithm',
      (token) => {
        const none = forge(token, { role: 'control' }, '', { alg: 'none', typ: 'JWT' });
        return none.slice(0, none.lastIndexOf('.') + 1);
      },
      'TOKEN_INVALID',
    ],
    ['that has expired', (token) => forge(token, { exp: 1_700_000_000 }, secret('token')), 'TOKEN_EXPIRED'],
    ['whose id was never given out', (token) => forge(token, { jti: 'tk_0' }, secret('token')), 'TOKEN_USED'],
  ])('%s lets nobody in', async (_, make, code) => {
    const { token } = await farm.viewer(phone.phoneId, 'watch');
    const { said } = await socket('/v1/signal', [join(make(token))]);
    expect(said.join(' ')).toContain(`"code":"${code}"`);
    expect(said.join(' ')).not.toContain('rtpCapabilities');
  });

  it('lets one in, once', async () => {
    const { token } = await farm.viewer(phone.phoneId, 'watch');
    const leave = JSON.stringify({ notify: 'leave', data: {} });
    const first = new WebSocket(`${farm.address.url.replace('http', 'ws')}/v1/signal`);
    await new Promise<void>((resolve) => {
      first.addEventListener('open', () => first.send(join(token)));
      first.addEventListener('message', ({ data }) => {
        if (String(data).includes('rtpCapabilities')) resolve();
      });
    });
    const second = await socket('/v1/signal', [join(token)]);
    expect(second.said.join(' ')).toContain('"code":"TOKEN_USED"');
    first.send(leave);
  });
});

describe("another tenant's key", () => {
  const key = crypto.randomBytes(32).toString('base64url');
  const row = `api-key:${crypto.createHash('sha256').update(key).digest('hex')}`;
  const mallory = (method: string, route: string, body?: unknown): Promise<Response> =>
    farm.call(method, route, body, { authorization: `Bearer ${key}` });
  beforeAll(async () => void (await redis(farm.address, 'HSET', row, 'owner', 'mallory', 'roles', '')));
  afterAll(async () => void (await redis(farm.address, 'DEL', row)));

  it('sees none of the phones', async () => {
    const response = await mallory('GET', '/v1/phones');
    expect(response.status).toBe(200);
    expect(((await response.json()) as { phones: unknown[] }).phones).toEqual([]);
  });

  it.each<[string, string, unknown]>([
    ['GET', '', undefined],
    ['DELETE', '', undefined],
    ['POST', '/stop', {}],
    ['POST', '/start', {}],
    ['POST', '/viewers', { role: 'control' }],
    ['GET', '/viewers', undefined],
    ['GET', '/control', undefined],
    ['POST', '/control', { viewerId: '' }],
    ['GET', '/control/audit', undefined],
    ['GET', '/screenshot', undefined],
    ['GET', '/log', undefined],
  ])('%s /v1/phones/…%s: there is no such phone', async (method, route, body) => {
    const response = await mallory(method, `/v1/phones/${phone.phoneId}${route}`, body);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('PHONE_NOT_FOUND');
  });

  it('opens no shell, and is no admin', async () => {
    const open = JSON.stringify({ id: 1, method: 'open', data: { key, command: 'id', rows: 1, columns: 1 } });
    const shell = await socket(`/v1/phones/${phone.phoneId}/shell`, [open]);
    expect(shell.said.join(' ')).toContain('PHONE_NOT_FOUND');
    for (const [method, route, body] of [
      ['GET', '/v1/hosts', undefined],
      ['POST', '/v1/images', { path: '/etc/shadow' }],
    ] as const) {
      const response = await mallory(method, route, body);
      expect({ route, status: response.status }).toEqual({ route, status: 403 });
    }
  });
});

describe('a WebSocket', () => {
  const shell = (): string => `/v1/phones/${phone.phoneId}/shell`;
  it.each<[string, () => string, () => (string | Uint8Array<ArrayBuffer>)[], number]>([
    ['signal: no JSON', () => '/v1/signal', () => ['{'], 4400],
    ['signal: JSON that is no frame', () => '/v1/signal', () => ['[1,2]'], 4400],
    ['signal: a deep frame', () => '/v1/signal', () => ['['.repeat(30_000)], 4400],
    ['signal: 100 kB of text', () => '/v1/signal', () => ['x'.repeat(100_000)], 4413],
    ['signal: 1 MB', () => '/v1/signal', () => [new Uint8Array(1_000_000)], 1009],
    ['signal: input before join', () => '/v1/signal', () => [new Uint8Array(10)], 4400],
    ['shell: no JSON', shell, () => ['\0'], 4400],
    ['shell: input before open', shell, () => [new Uint8Array(10)], 4400],
    [
      'shell: a wrong key',
      shell,
      () => [JSON.stringify({ id: 1, method: 'open', data: { key: 'x'.repeat(43), command: 'id' } })],
      4401,
    ],
  ])('%s is closed with its reason', async (_, route, frames, code) => {
    expect((await socket(route(), frames())).code).toBe(code);
  });

  it('is refused to a page of another origin', async () => {
    const upgrade = [
      'GET /v1/signal HTTP/1.1',
      'Host: farm',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Origin: https://evil.example',
      '',
      '',
    ].join('\r\n');
    expect(await converse(base + 80, upgrade, { enough: /ORIGIN_REFUSED/ })).toMatch(
      /^HTTP\/1.1 403 [\s\S]*ORIGIN_REFUSED/,
    );
  });

  it('by the thousand, and half a request by the hundred, keep nobody else waiting', async () => {
    const url = `${farm.address.url.replace('http', 'ws')}/v1/signal`;
    const sockets = Array.from({ length: 1_000 }, () => new WebSocket(url));
    const slow = Array.from({ length: 300 }, () => {
      // Half open: it ignores that the other side has ended.
      const one = net.connect({ host: '127.0.0.1', port: base + 80, allowHalfOpen: true });
      one.on('error', () => undefined).resume();
      one.write('GET /v1/phones HTTP/1.1\r\nHost: farm\r\nX-Slow: ');
      return one;
    });
    try {
      await Promise.all(sockets.map((ws) => new Promise((resolve) => ws.addEventListener('open', resolve))));
      expect((await farm.call('GET', `/v1/phones/${phone.phoneId}`)).status).toBe(200);
      // Who says nothing is put out: the join has 10 s, a request's head 15 s and the check's interval.
      await eventually(() => {
        const left = sockets.filter((ws) => ws.readyState !== WebSocket.CLOSED).length;
        if (left > 0) throw new NotYet(`${left} silent sockets are open`);
      });
      await eventually(() => {
        const left = slow.filter((one) => !one.closed).length;
        slow.forEach((one) => one.writable && one.write('x'));
        if (left > 0) throw new NotYet(`${left} slow requests are open`);
      });
    } finally {
      sockets.forEach((ws) => ws.close());
      slow.forEach((one) => one.destroy());
    }
  });
});

describe("the console's files", () => {
  it.each([
    '/../../../../../../etc/passwd',
    '/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%2f..%2f..%2f..%2fetc%2fpasswd',
    '/assets/%252e%252e/%252e%252e/package.json',
    '/..\\..\\..\\etc\\passwd',
    '/assets/%00.js',
    '//etc/passwd',
    '/.ancloud-build',
  ])('%s leads nowhere', async (route) => {
    const heard = await converse(
      base + 80,
      `GET ${route} HTTP/1.1\r\nHost: farm\r\nConnection: close\r\n\r\n`,
    );
    expect(heard).toMatch(/^HTTP\/1.1 40[034] /);
    expect(heard).not.toContain('root:');
  });

  it('a header within a URL stays within it', async () => {
    const response = await farm.call('GET', '/v1/phones/x%0d%0aSet-Cookie:%20a=b');
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.status).toBe(400);
  });
});

describe('an image', () => {
  it('by a symbolic link, in the file or in its folder, is refused', async () => {
    const folder = path.join(farm.address.home, 'import');
    fs.mkdirSync(folder, { recursive: true });
    fs.symlinkSync('/etc/shadow', path.join(folder, 'link.sqfs'));
    fs.symlinkSync('/etc', path.join(folder, 'etc'));
    for (const file of ['link.sqfs', 'etc/shadow', '../secrets/api-key']) {
      const operation = await farm.api<Operation>('POST', '/v1/images', { path: `${folder}/${file}` });
      await expect(farm.wait(operation), file).rejects.toThrow('PATH_NOT_ALLOWED');
    }
    fs.rmSync(folder, { recursive: true });
  });
});

it('all of the above restarted nothing', async () => {
  expect(await unharmed.startedAgain()).toEqual([]);
});
