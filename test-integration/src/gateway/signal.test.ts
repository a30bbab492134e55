import http from 'node:http';
import type { Bus } from '@ancloud/bus';
import { subjects } from '@ancloud/contracts';
import { AppError } from '@ancloud/kit';
import type { State } from '@ancloud/state';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, require } from '../harness/eventually.js';
import { flushed } from '../harness/servers.js';
import { FakeHost } from './fake-host.js';
import { FakeMedia } from './fake-media.js';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';
import { Watcher } from './watcher.js';

let world: GatewayWorld;
let state: State;
let bus: Bus;
let input: Bus;
let gateway: GatewayProcess;
let second: GatewayProcess;
let host: FakeHost;
let media: FakeMedia;
let phoneId: string;

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ state, bus, gateway } = world);
  input = await world.connect('input-svc');
  second = await world.another();
  host = await FakeHost.start(state, bus, world.secrets.farmSecret);
  media = await FakeMedia.start(state, bus);
  await world.recovered();
  const made = await gateway.call('POST', '/v1/phones', { body: {} });
  phoneId = made.json.phone.phoneId;
});
afterAll(async () => {
  Watcher.closeAll();
  await media?.close();
  await host?.close();
  await world?.close();
});

async function token(role: 'watch' | 'control' = 'control'): Promise<string> {
  const made = await gateway.call('POST', `/v1/phones/${phoneId}/viewers`, { body: { role } });
  expect(made.json).toMatchObject({ signalUrl: `${gateway.url.replace('http', 'ws')}/v1/signal` });
  return made.json.token;
}

async function join(data: unknown, at = gateway): Promise<Watcher> {
  const watcher = new Watcher(at);
  await watcher.opened;
  watcher.send({ id: 1, method: 'join', data });
  return watcher;
}

describe('a viewer', () => {
  it('joins by its token, is relayed, touches, is told, and leaves', async () => {
    const heard: { params: Readonly<Record<string, string>>; bytes: Uint8Array }[] = [];
    const present: boolean[] = [];
    const listening = [
      input.subscribeRaw(subjects.viewerInput, {}, (bytes, params) => {
        heard.push({ params, bytes: Uint8Array.from(bytes) });
      }),
      input.subscribe(subjects.viewer, { phone: phoneId }, (change) => void present.push(change.present)),
    ];
    await flushed(input);
    const watcher = await join({ token: await token() });
    const { ok } = await watcher.reply(1);
    expect(ok).toMatchObject({
      phone: phoneId,
      role: 'control',
      width: 720,
      hasAudio: false,
      iceServers: [],
    });
    expect(media.opened.at(-1)).toMatchObject({ viewerId: ok?.viewer, phoneId, role: 2 });

    watcher.send({ id: 2, method: 'consume', data: { rtpCapabilities: {} } });
    expect((await watcher.reply(2)).ok).toEqual({
      echo: { id: 2, method: 'consume', data: { rtpCapabilities: {} } },
    });
    media.say({ notify: 'size', data: { width: 1280, height: 720 } });
    expect((await watcher.note('size')).data).toEqual({ width: 1280, height: 720 });

    watcher.socket.send(new Uint8Array([0x42, 0]));
    await eventually(() => require(heard.length === 1, 'no input'));
    expect(heard[0]).toEqual({
      params: { phone: phoneId, viewer: ok?.viewer, role: 'control' },
      bytes: new Uint8Array([0x42, 0]),
    });
    input.publish(
      subjects.notice,
      { viewer: ok?.viewer ?? '' },
      { notice: { $case: 'control', value: { holder: ok?.viewer ?? '', yours: true, asking: [] } } },
    );
    expect((await watcher.note('control')).data).toEqual({ holder: ok?.viewer, yours: true, asking: [] });

    watcher.send({ notify: 'leave', data: {} });
    await watcher.over();
    await eventually(() => require(present.join() === 'true,false', `present: ${present.join()}`));
    await eventually(() => require(media.calls.size === 0, 'media-svc still has the viewer'));
    const gone = await join({ viewer: ok?.viewer, resume: ok?.resume });
    expect((await gone.reply(1)).error?.code).toBe('TOKEN_INVALID');
    for (const one of listening) one.close();
  });

  it('is listed from when it is made, as who may come, until it has come or is revoked', async () => {
    const listed = async (id: string) =>
      (await gateway.call('GET', `/v1/phones/${phoneId}/viewers`)).json.viewers.find(
        ({ viewerId }) => viewerId === id,
      );
    const invite = async () =>
      (
        await gateway.call('POST', `/v1/phones/${phoneId}/viewers`, {
          body: { role: 'control', ttlSeconds: 600, name: ' Ann ' },
        })
      ).json;
    const began = Date.now();
    const made = await invite();
    const ended = Date.now();
    const invited = { name: 'Ann', role: 'control', joinedAt: null, connected: false };
    const entry = await listed(made.viewerId);
    expect(entry).toMatchObject(invited);
    // Redis' clock, the gateway's and ours are one here; the token's own end is of whole seconds.
    const until = Date.parse(entry?.invitedUntil ?? '') - 600_000;
    expect(until).toBeGreaterThanOrEqual(began);
    expect(until).toBeLessThanOrEqual(ended);
    expect(Date.parse(made.expiresAt) - 600_000).toBeGreaterThan(began - 1_000);
    expect(Date.parse(made.expiresAt) - 600_000).toBeLessThanOrEqual(ended);
    const watcher = await join({ token: made.token });
    await watcher.reply(1);
    expect(await listed(made.viewerId)).toMatchObject({
      ...invited,
      invitedUntil: null,
      connected: true,
      joinedAt: expect.any(String),
    });
    watcher.socket.close();
    const unwanted = await invite();
    const gone = await gateway.call('DELETE', `/v1/viewers/${unwanted.viewerId}`);
    expect(gone, gone.text).toMatchObject({ status: 200 });
    expect(await listed(unwanted.viewerId)).toBeUndefined();
  });

  it('uses a token once, also when two come at the same time on two gateways', async () => {
    const once = await token();
    const both = await Promise.all([join({ token: once }), join({ token: once }, second)]);
    const replies = await Promise.all(both.map((watcher) => watcher.reply(1)));
    expect(replies.filter((reply) => reply.ok !== undefined)).toHaveLength(1);
    expect(replies.find((reply) => reply.error !== undefined)?.error?.code).toBe('TOKEN_USED');
    for (const watcher of both) watcher.socket.close();
  });

  it('comes back by its resume secret on another gateway, once for each', async () => {
    const first = await join({ token: await token() });
    const before = (await first.reply(1)).ok;
    first.socket.close();
    const back = await join({ viewer: before?.viewer, resume: before?.resume }, second);
    const after = (await back.reply(1)).ok;
    expect(after?.viewer).toBe(before?.viewer);
    expect(after?.resume).not.toBe(before?.resume);
    const thief = await join({ viewer: before?.viewer, resume: before?.resume });
    expect((await thief.reply(1)).error?.code).toBe('TOKEN_INVALID');
    back.socket.close();
  });

  it('may try again when media-svc failed', async () => {
    const same = await token();
    media.refuse = new AppError('STREAM_FAILED', 'no picture');
    const failed = await join({ token: same });
    expect((await failed.reply(1)).error?.code).toBe('STREAM_FAILED');
    expect((await failed.note('closing')).data).toMatchObject({ code: 'STREAM_FAILED', retry: true });
    const again = await join({ token: same });
    expect((await again.reply(1)).ok).toBeDefined();
    again.socket.close();
  });

  it('is told to come back when media-svc goes', async () => {
    const watcher = await join({ token: await token() });
    await watcher.reply(1);
    for (const call of media.calls) call.emit('error', { code: 14, details: 'gone' });
    expect((await watcher.note('closing')).data).toMatchObject({ retry: true });
    await watcher.over();
  });
});

describe('attacks', () => {
  it.each<[string, () => unknown, number]>([
    ['words', () => 'hello', 4400],
    // As a text it throws.
    ['an error that is no text', () => ({ id: 1, error: { code: { toString: 0, valueOf: 0 } } }), 4400],
    ['a request before join', () => ({ id: 1, method: 'consume', data: {} }), 4400],
    ['a forged token', () => ({ id: 1, method: 'join', data: { token: 'a.b.c' } }), 4401],
    [
      'somebody else’s resume',
      () => ({ id: 1, method: 'join', data: { viewer: 'vw_1', resume: 'x' } }),
      4401,
    ],
    ['a key in an id', () => ({ id: 1, method: 'join', data: { viewer: 'x:*', resume: 'x' } }), 4401],
    ['a frame of 70 KiB', () => `{"id":1,"method":"join","data":{"x":"${'x'.repeat(70_000)}"}}`, 4413],
    ['a frame of 1 MiB', () => 'x'.repeat(1024 * 1024), 1009],
    ['a flood', () => Array.from({ length: 100 }, () => '{"notify":"x","data":{}}'), 4400],
  ])('%s', async (_, message, code) => {
    const watcher = new Watcher(gateway);
    await watcher.opened;
    for (const one of [message()].flat()) watcher.send(one);
    expect(await watcher.over()).toBe(code);
    expect((await gateway.call('GET', '/healthz', { key: null })).status).toBe(200);
  });

  it('input of a watcher never reaches NATS', async () => {
    const heard: string[] = [];
    const listening = input.subscribeRaw(
      subjects.viewerInput,
      {},
      (_, { viewer = '' }) => void heard.push(viewer),
    );
    await flushed(input);
    const watcher = await join({ token: await token('watch') });
    const { ok } = await watcher.reply(1);
    watcher.socket.send(new Uint8Array([0x0a, 0]));
    expect((await watcher.note('refused')).data).toMatchObject({ code: 'FORBIDDEN' });
    expect(heard).not.toContain(ok?.viewer);
    watcher.socket.close();
    listening.close();
  });

  it.each<[string, string, string | undefined, number]>([
    ['a foreign page', '/v1/signal', 'https://evil.example', 403],
    ['a page without an origin of its own', '/v1/signal', 'null', 403],
    ['a partner’s page', '/v1/signal', 'https://partner.example', 101],
    ['our page', '/v1/signal', 'OWN', 101],
    ['a program', '/v1/signal', undefined, 101],
    ['another path', '/v1/phones', undefined, 404],
    ['a partner’s page at a shell', '/v1/phones/ph_1/shell', 'https://partner.example', 403],
  ])('Origin: %s', async (_, at, origin, status) => {
    const { port } = new URL(gateway.url);
    const got = await new Promise<number>((resolve, reject) => {
      const request = http.request({
        host: '127.0.0.1',
        port,
        path: at,
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          ...(origin === undefined ? {} : { origin: origin === 'OWN' ? gateway.url : origin }),
        },
      });
      request.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve(response.statusCode ?? 0);
      });
      request.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('error', reject);
      request.end();
    });
    expect(got).toBe(status);
  });
});

describe('the end of a gateway', () => {
  it('tells its viewers to come back', async () => {
    const watcher = await join({ token: await token() }, second);
    await watcher.reply(1);
    expect(await second.stop()).toBe(0);
    expect((await watcher.note('closing')).data).toMatchObject({ code: 'UNAVAILABLE', retry: true });
    expect(await watcher.over()).toBe(4503);
  });
});
