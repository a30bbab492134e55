import { GatewayServiceClient } from '@ancloud/contracts/gateway/v1/gateway';
import { AppError, createClient } from '@ancloud/kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, PATIENCE_MS, require } from '../harness/eventually.js';
import { FakeHost } from './fake-host.js';
import { FakeSession } from './fake-session.js';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';
import { Partner } from './partner.js';

// Screenshots, apps and shells, which the gateway passes on to the phone's session.

let world: GatewayWorld;
let gateway: GatewayProcess;
let host: FakeHost;
let session: FakeSession;
let partner: Partner;

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ gateway } = world);
  host = await FakeHost.start(world.state, world.bus, world.secrets.farmSecret);
  session = await FakeSession.start(world.state);
  partner = new Partner(gateway);
  await world.recovered();
});
afterAll(async () => {
  session?.close();
  await host?.close();
  await world?.close();
});

it('who asks a phone that is ready before its session is there waits for it', async () => {
  const phoneId = await partner.ready();
  const early = gateway.call('GET', `/v1/phones/${phoneId}/screenshot`);
  // Behind the asking at the gateway: it is served in turn, and has looked for the session by then.
  expect((await gateway.call('GET', `/v1/phones/${phoneId}`)).json).toMatchObject({ viewable: false });
  await session.attach(phoneId);
  expect((await early).text).toContain(`-of-${phoneId}`);
  await partner.remove(phoneId);
});

it('screenshots and apps are passed on', async () => {
  const phoneId = await partner.ready();
  await session.attach(phoneId);
  expect((await gateway.call('GET', `/v1/phones/${phoneId}`)).json).toMatchObject({ viewable: true });
  const shot = await gateway.call('GET', `/v1/phones/${phoneId}/screenshot`);
  expect(shot.headers.get('content-type')).toBe('image/png');
  expect(shot.text).toContain(`-of-${phoneId}`);
  const install = (size: number) =>
    gateway.call('POST', `/v1/phones/${phoneId}/apps`, {
      raw: new Uint8Array(size),
      headers: { 'content-type': 'application/octet-stream' },
    });
  const size = 20 * 1024 * 1024 + 1;
  expect((await install(size)).json).toEqual({ output: `Success: ${size} bytes` });
  session.refuse = new AppError('INSTALL_FAILED', 'INSTALL_FAILED_INVALID_APK');
  expect((await install(1_000)).json).toMatchObject({
    code: 'INSTALL_FAILED',
    detail: 'INSTALL_FAILED_INVALID_APK',
  });
  expect((await install(0)).json.code).toBe('INVALID_ARGUMENT');
  await partner.remove(phoneId);
});

it('apps are passed on from gRPC too, at the phone’s pace', async () => {
  const phoneId = await partner.ready();
  await session.attach(phoneId);
  const client = createClient(GatewayServiceClient, gateway.grpcAddress, {
    farmSecret: world.secrets.apiKey,
    deadlineMs: PATIENCE_MS,
  });
  type Message = Parameters<ReturnType<typeof client.installApp>['call']['write']>[0];
  const send = (...messages: Message[]) => {
    const { call, response } = client.installApp();
    for (const message of messages) call.write(message);
    call.end();
    return response;
  };
  const start = (size: number): Message => ({ input: { $case: 'start', value: { phoneId, size } } });
  const data = (size: number): Message => ({ input: { $case: 'data', value: Buffer.alloc(size) } });
  try {
    const pieces = Array.from({ length: 20 }, () => data(1 << 20));
    expect(await send(start(20 << 20), ...pieces)).toEqual({ output: `Success: ${20 << 20} bytes` });
    await expect(send(start(10), data(9))).rejects.toMatchObject({ code: 'MESSAGE_MALFORMED' });
    await expect(send(data(9))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', field: 'start' });
    await expect(send()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', field: 'start' });
    session.refuse = new AppError('INSTALL_FAILED', 'INSTALL_FAILED_INVALID_APK');
    await expect(send(start(10), data(10))).rejects.toMatchObject({ code: 'INSTALL_FAILED' });
  } finally {
    client.close();
  }
  await partner.remove(phoneId);
});

it('a shell authenticates in its first frame and relays both ways', async () => {
  const phoneId = await partner.ready();
  await session.attach(phoneId);
  const url = `${gateway.url.replace('http', 'ws')}/v1/phones/${phoneId}/shell`;
  const dial = async (
    open: unknown,
  ): Promise<{ said: string[]; socket: WebSocket; over: () => Promise<number> }> => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    const said: string[] = [];
    let closed: number | undefined;
    socket.addEventListener('message', ({ data }) => {
      const bytes = data instanceof ArrayBuffer ? Buffer.from(data) : undefined;
      said.push(bytes === undefined ? String(data) : `${bytes[0]}:${bytes.subarray(1).toString()}`);
    });
    socket.addEventListener('close', ({ code }) => (closed = code));
    await new Promise((resolve) => {
      socket.addEventListener('open', resolve);
    });
    socket.send(JSON.stringify(open));
    const over = (): Promise<number> =>
      eventually(() => {
        if (closed === undefined) throw new Error(`open; said ${said.join(' ')}`);
        return closed;
      });
    return { said, socket, over };
  };
  const stranger = await dial({ id: 1, method: 'open', data: { key: 'wrong' } });
  expect(await stranger.over()).toBe(4401);
  expect(stranger.said[0]).toContain('UNAUTHENTICATED');
  expect(await (await dial({ id: 1, method: 'open', data: {} })).over()).toBe(4401);
  expect(await (await dial({ id: 1, method: 'exec', data: {} })).over()).toBe(4400);

  const shell = await dial({
    id: 1,
    method: 'open',
    data: { key: world.secrets.apiKey, command: 'ls', rows: 5, columns: 9 },
  });
  await eventually(() => require(shell.said.length >= 2, 'no output'));
  expect(shell.said).toEqual(['{"id":1,"ok":{}}', '1:$ ls (5x9)\n']);
  shell.socket.send(Buffer.from('päckchen'));
  await eventually(() => require(shell.said.includes('2:päckchen'), shell.said.join()));
  shell.socket.send(JSON.stringify({ notify: 'stdinClosed' }));
  expect(await shell.over()).toBe(1000);
  expect(shell.said.at(-1)).toBe('{"notify":"exit","data":{"code":7}}');
  await partner.remove(phoneId);
});
