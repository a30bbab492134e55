import crypto from 'node:crypto';
import { createSocket } from 'node:dgram';
import fs from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { Farm, type Operation, type Phone } from '../harness/farm.js';
import { redis } from '../harness/redis.js';

// What somebody may try who can reach the farm's ports or has an account on its machine. Each service must refuse in its
// own words and go on: the last test looks whether any of them had to be started again.

const farm = new Farm(inject('farm'));
const base = Number(farm.address.env['ANCLOUD_PORT_BASE']);
const secret = (name: string): string =>
  fs.readFileSync(path.join(farm.address.home, 'secrets', name), 'utf8').trim();
let phone: Phone;
let before: { name: string; pid: number }[];
/** Another file of the tier kills some, and may have run before this one. */
let deadBefore: number;
const deadWorkers = (): number =>
  fs.readFileSync(path.join(farm.address.home, 'logs/media-svc.log'), 'utf8').split('a media worker died')
    .length - 1;

beforeAll(async () => {
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  deadBefore = deadWorkers();
  before = (await farm.supervisor()).map(({ name, pid }) => ({ name, pid }));
});
afterAll(async () => {
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

/** What a TCP peer says to `words` until it closes, has said `enough`, or has been quiet for `quietMs`. */
function converse(
  port: number,
  words: string | Uint8Array,
  { enough, quietMs = PATIENCE_MS }: { readonly enough?: RegExp; readonly quietMs?: number } = {},
): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    let heard = '';
    socket.setEncoding('latin1').setTimeout(quietMs, () => socket.destroy());
    socket.on('data', (text: string) => {
      heard += text;
      if (enough?.test(heard) === true) socket.destroy();
    });
    socket.once('connect', () => socket.write(words));
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(heard));
  });
}

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

/** One gRPC call by hand: grpc-status of the answer. The body is an empty message. */
function grpc(port: number, method: string, authorization?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.once('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(authorization === undefined ? {} : { authorization }),
    });
    let status = '';
    const read = (headers: http2.IncomingHttpHeaders): void => {
      status = String(headers['grpc-status'] ?? status);
    };
    stream.on('response', read).on('trailers', read).on('error', reject);
    stream.on('close', () => {
      session.close();
      resolve(status);
    });
    stream.resume();
    stream.end(Buffer.alloc(5));
  });
}

describe('gRPC', () => {
  const methods = [
    [101, '/ancloud.container.v1.ContainerService/ListPhones'],
    [102, '/ancloud.session.v1.SessionService/GetSession'],
    [103, '/ancloud.media.v1.MediaService/ListStreams'],
    [104, '/ancloud.input.v1.InputService/GetControl'],
    [81, '/ancloud.gateway.v1.GatewayService/ListPhones'],
    [102, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'],
  ] as const;
  it.each(methods)('port +%i %s wants a secret', async (port, method) => {
    const unauthenticated = '16';
    expect(await grpc(base + port, method)).toBe(unauthenticated);
    expect(await grpc(base + port, method, 'Bearer wrong-wrong-wrong-wrong')).toBe(unauthenticated);
    if (port !== 81) expect(await grpc(base + port, method, `Bearer ${farm.apiKey}`)).toBe(unauthenticated);
  });

  it('starts containers on the unix socket only, whatever secret is shown', async () => {
    const permissionDenied = '7';
    const method = '/ancloud.container.v1.LocalContainerService/StartContainer';
    expect(['12', permissionDenied]).toContain(await grpc(base + 101, method, `Bearer ${secret('farm')}`));
  });
});

describe('NATS and Redis', () => {
  const connect = (options: object): string =>
    `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, lang: 'test', version: '1', ...options })}\r\n`;
  const as = (user: string): string => connect({ user, pass: secret(`nats-${user}`) });

  it('let in nobody without a password', async () => {
    const line = { enough: /\n$/ };
    expect(await converse(base + 222, `${connect({})}PING\r\n`)).toContain('Authorization Violation');
    expect(await converse(base + 222, `${connect({ user: 'gateway', pass: 'x' })}PING\r\n`)).toContain(
      'Authorization Violation',
    );
    expect(await converse(base + 379, 'KEYS *\r\n', line)).toContain('NOAUTH');
    expect(await converse(base + 379, 'AUTH wrong\r\n', line)).toContain('WRONGPASS');
  });

  it.each([
    ['session-svc', 'PUB ancloud.control.ph_x 1\r\nx\r\n'],
    ['gateway', 'PUB ancloud.control.ph_x 1\r\nx\r\n'],
    ['media-svc', 'PUB ancloud.fact.phone.ph_x 1\r\nx\r\n'],
    ['container-svc', 'SUB ancloud.input.*.*.* 1\r\n'],
    ['gateway', 'SUB > 1\r\n'],
    ['gateway', 'SUB _INBOX.> 1\r\n'],
    ['gateway', 'SUB _INBOX_session_svc.> 1\r\n'],
    ['gateway', 'PUB $SYS.REQ.SERVER.PING 0\r\n\r\n'],
  ])('%s may not say: %s', async (user, words) => {
    const heard = await converse(base + 222, `${as(user)}${words}PING\r\n`, { enough: /PONG/ });
    expect(heard).toMatch(/^INFO [\s\S]*Permissions Violation/);
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

describe('on the machine itself', () => {
  const { home, run } = farm.address;
  it('nothing of the farm is open to other users that could be read or asked', () => {
    const mode = (file: string): string => (fs.statSync(file).mode & 0o777).toString(8);
    expect(mode(home)).toMatch(/^7[0-5]0$/);
    for (const folder of ['secrets', 'redis', 'images', 'state'])
      expect({ folder, mode: mode(path.join(home, folder)) }).toEqual({ folder, mode: '700' });
    const open = [
      ...fs.readdirSync(path.join(home, 'secrets')).map((name) => path.join(home, 'secrets', name)),
      path.join(home, 'nats.conf'),
      path.join(home, 'redis.conf'),
      path.join(run, 'supervisor.sock'),
      path.join(run, 'sockets/ancloud-container.socket'),
    ].filter((file) => mode(file) !== '600' && !file.endsWith('.pub'));
    expect(open).toEqual([]);
    for (const log of fs.readdirSync(path.join(home, 'logs')))
      expect({ log, mode: mode(path.join(home, 'logs', log)) }).toEqual({ log, mode: '640' });
  });

  it('no secret stands in a log, a command line or an environment', async () => {
    const names = fs.readdirSync(path.join(home, 'secrets')).filter((name) => !name.startsWith('adb-key'));
    const secrets = names.map((name) => ({ name, value: secret(name) }));
    expect(secrets.length).toBeGreaterThanOrEqual(8);
    const texts: [string, string][] = fs
      .readdirSync(path.join(home, 'logs'))
      .map((log) => [log, fs.readFileSync(path.join(home, 'logs', log), 'latin1')]);
    for (const { name, pid } of await farm.supervisor())
      for (const file of ['cmdline', 'environ'])
        texts.push([`${name} ${file}`, fs.readFileSync(`/proc/${pid}/${file}`, 'latin1')]);
    const found = texts.flatMap(([where, text]) =>
      secrets.filter(({ value }) => text.includes(value)).map(({ name }) => `${name} in ${where}`),
    );
    expect(found).toEqual([]);
  });
});

describe('garbage', () => {
  it('on every port disturbs nobody', async () => {
    const ports = [80, 81, 101, 102, 103, 104, 201, 202, 203, 204, 222, 300, 379];
    const bytes = crypto.randomBytes(50_000);
    // What is said to it does not matter here, so nobody is waited for.
    const quietMs = 500;
    await Promise.all(
      ports.flatMap((port) => [
        converse(base + port, bytes, { quietMs }),
        converse(base + port, `GET /${'a'.repeat(70_000)} HTTP/1.1\r\n\r\n`, { quietMs }),
        converse(base + port, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\xff'.repeat(20_000)}`, { quietMs }),
      ]),
    );
    const udp = createSocket('udp4');
    for (let i = 0; i < 2_000; i++) {
      // STUN, DTLS and RTP by their first byte (RFC 7983 section 7), the rest noise.
      const packet = crypto.randomBytes(1 + crypto.randomInt(1_400));
      packet[0] = [0x00, 0x16, 0x80, 0xff][i % 4] ?? 0;
      await new Promise((resolve) => udp.send(packet, base + 300, '127.0.0.1', resolve));
    }
    udp.close();
    expect((await farm.phone(phone.phoneId)).viewable).toBe(true);
  });

  it('and all of the above restarted nothing', async () => {
    const now = (await farm.supervisor()).map(({ name, pid }) => ({ name, pid }));
    expect(now).toEqual(before);
    expect(deadWorkers()).toBe(deadBefore);
  });
});
