import crypto from 'node:crypto';
import { createSocket } from 'node:dgram';
import fs from 'node:fs';
import http2 from 'node:http2';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { converse } from '../harness/converse.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { portOf, secretOf } from '../harness/farm-address.js';
import { Farm, type Phone } from '../harness/farm.js';
import { Unharmed } from '../harness/unharmed.js';

// What somebody may try who can reach the ports behind the gateway or has an account on the farm's machine. Each service must refuse in its
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
  /** What NATS says to `words`; again where it has heard nothing of us for 2 s, as of a machine that stood still. */
  const nats = (words: string, options: Parameters<typeof converse>[2] = {}): Promise<string> =>
    eventually(async () => {
      const heard = await converse(base + 222, words, options);
      if (heard.includes('Authentication Timeout')) throw new NotYet(heard);
      return heard;
    });

  it('let in nobody without a password', async () => {
    const line = { enough: /\n$/ };
    for (const who of [{}, { user: 'gateway', pass: 'x' }])
      expect(await nats(`${connect(who)}PING\r\n`)).toContain('Authorization Violation');
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
    const heard = await nats(`${as(user)}${words}PING\r\n`, { enough: /PONG/ });
    expect(heard).toMatch(/^INFO [\s\S]*Permissions Violation/);
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
    // Nobody is waited for above, so a busy machine may still be at it.
    await farm.viewable(phone.phoneId);
  });
});

it('all of the above restarted nothing', async () => {
  expect(await unharmed.startedAgain()).toEqual([]);
});
