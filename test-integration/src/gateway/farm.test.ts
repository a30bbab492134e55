import type { Bus } from '@ancloud/bus';
import { GatewayServiceClient } from '@ancloud/contracts/gateway/v1/gateway';
import { AppError, createClient } from '@ancloud/kit';
import type { State } from '@ancloud/state';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, PATIENCE_MS, require } from '../harness/eventually.js';
import { FakeHost } from './fake-host.js';
import { FakeSession } from './fake-session.js';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

let world: GatewayWorld;
let state: State;
let bus: Bus;
let gateway: GatewayProcess;
let second: GatewayProcess;
let host: FakeHost;
let session: FakeSession;

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ state, bus, gateway } = world);
  second = await world.another();
  host = await FakeHost.start(state, bus, world.secrets.farmSecret);
  session = await FakeSession.start(state);
  await recovered();
});
afterAll(async () => {
  session?.close();
  await host?.close();
  await world?.close();
});

function recovered(): Promise<void> {
  return eventually(async () => {
    const keys = await state.run('asking', (client) => client.mget('farm:incarnation', 'farm:recovery'));
    require(keys[0] !== null && keys[1] === null, `incarnation ${keys[0]}, recovery ${keys[1]}`);
  });
}

async function readyPhone(): Promise<string> {
  const made = await gateway.call('POST', '/v1/phones', { body: {} });
  expect(made.status, made.text).toBe(202);
  const { operationId } = made.json.operation;
  const done = await second.call('GET', `/v1/operations/${operationId}/wait?timeoutMs=60000`);
  expect(done.json).toMatchObject({ state: 'done' });
  return made.json.phone.phoneId;
}

async function removed(phoneId: string): Promise<void> {
  const gone = await gateway.call('DELETE', `/v1/phones/${phoneId}`);
  await gateway.call('GET', `/v1/operations/${gone.json.operation.operationId}/wait?timeoutMs=60000`);
}

interface Told {
  readonly id: number;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads server-sent events of a gateway until it is closed. */
async function events(at: GatewayProcess): Promise<{ readonly told: Told[]; readonly close: () => void }> {
  const ended = new AbortController();
  const response = await fetch(`${at.url}/v1/events`, {
    headers: { authorization: `Bearer ${world.secrets.apiKey}` },
    signal: ended.signal,
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const told: Told[] = [];
  const read = async (): Promise<void> => {
    let text = '';
    for await (const piece of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += piece;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string): string | undefined =>
          block
            .split('\n')
            .find((line) => line.startsWith(`${name}: `))
            ?.slice(name.length + 2);
        const event = field('event');
        if (event !== undefined)
          told.push({
            id: Number(field('id')),
            event,
            data: JSON.parse(field('data') ?? '') as Told['data'],
          });
      }
    }
  };
  read().catch(() => {});
  return { told, close: () => ended.abort() };
}

describe('events', () => {
  it('begin with all that is, then tell each change once, on every gateway', async () => {
    const phoneId = await readyPhone();
    const streams = [await events(gateway), await events(second)];
    for (const { told } of streams) {
      await eventually(() => require(told.length >= 2, 'nothing told'));
      expect(told[0]).toMatchObject({ id: 1, event: 'phone', data: { phoneId, phase: 'ready' } });
      expect(told[1]).toEqual({ id: 2, event: 'synced', data: { phoneIds: [phoneId] } });
    }
    await removed(phoneId);
    for (const { told, close } of streams) {
      await eventually(() =>
        require(told.at(-1)?.event === 'phoneRemoved' ||
          told.some((one) => one.event === 'phoneRemoved'), 'not told that it is gone'),
      );
      const phases = told.filter((one) => one.event === 'phone').map((one) => one.data['phase']);
      expect(new Set(phases).size).toBe(phases.length);
      const ends = told.filter((one) => one.event === 'operation' && one.data['state'] === 'done');
      expect(ends).toHaveLength(1);
      expect(told.map((one) => one.id)).toEqual(told.map((_, index) => index + 1));
      close();
    }
  });

  it('tell that phones are lost with their host, and that they are back', async () => {
    const phoneId = await readyPhone();
    const { told, close } = await events(second);
    await host.die(true);
    const phase = (): unknown =>
      told.findLast((one) => one.event === 'phone' && one.data['phoneId'] === phoneId)?.data['phase'];
    await eventually(() => require(phase() === 'lost', `phase ${String(phase())}`));
    await host.revive();
    await eventually(() => require(phase() === 'ready', `phase ${String(phase())}`));
    close();
    await removed(phoneId);
  });
});

describe('a lost Redis', () => {
  it('comes back from what hosts were told; a deleted phone does not; nothing is placed before', async () => {
    const stays = await readyPhone();
    const dies = await readyPhone();
    await removed(dies);
    const before = await gateway.call('GET', `/v1/phones/${stays}`);
    // The host is quiet for a moment, so that the time in between can be seen.
    await host.die(false);
    await state.run('emptying', (client) => client.flushall());
    await eventually(async () => {
      const answer = await gateway.call('POST', '/v1/phones', { body: {} });
      require(answer.json.code === 'FARM_RECOVERING', answer.text);
    });
    expect((await gateway.call('GET', `/v1/phones/${stays}`)).status).toBe(404);
    await host.revive();
    expect((await gateway.call('POST', '/v1/phones', { body: {} })).json.code).toBe('FARM_RECOVERING');
    await host.report();
    await recovered();
    const after = await gateway.call('GET', `/v1/phones/${stays}`);
    expect(after.json).toEqual({
      ...before.json,
      status: {
        ...(before.json as unknown as { status: object }).status,
        updatedAt: expect.any(String) as string,
      },
    });
    expect((await gateway.call('GET', `/v1/phones/${dies}`)).status).toBe(404);
    expect((await gateway.call('GET', '/v1/phones')).json.phones.map((phone) => phone.phoneId)).toEqual([
      stays,
    ]);
    expect(await state.run('counting', (client) => client.scard('host:host-1:phones'))).toBe(1);
    // It can be used as before, and new ones can be placed.
    await removed(stays);
    await removed(await readyPhone());
  });

  it('never brings back what has a tombstone', async () => {
    const phoneId = await readyPhone();
    const wish = host.told.get(phoneId);
    await removed(phoneId);
    if (wish === undefined) throw new Error('the host was told nothing');
    // As a host that was away while the phone was deleted.
    await state.run('forgetting', (client) => client.del(`phone:${phoneId}:status`));
    host.told.set(phoneId, wish);
    await host.report();
    await eventually(() =>
      require(gateway.log.includes('"result":"tombstone"') ||
        second.log.includes('"result":"tombstone"'), 'not looked at'),
    );
    expect((await gateway.call('GET', `/v1/phones/${phoneId}`)).status).toBe(404);
    host.told.delete(phoneId);
    await state.run('tidying', (client) => client.del(`phone:${phoneId}:status`));
  });
});

describe('without NATS', () => {
  it('reading, creating and waiting go on', async () => {
    await world.nats.kill();
    await eventually(async () => {
      expect((await gateway.call('GET', '/readyz', { key: null })).json.code).toBe('UNAVAILABLE_BUS');
    });
    expect((await gateway.call('GET', '/v1/phones')).status).toBe(200);
    // The nudge by RPC is left: the host answers, and whoever waits looks at its status.
    const phoneId = await readyPhone();
    await removed(phoneId);
    await world.nats.start();
    await eventually(async () => {
      require((await gateway.call('GET', '/readyz', { key: null })).status === 200, 'not ready');
      require((await second.call('GET', '/readyz', { key: null })).status === 200, 'not ready');
    });
    await eventually(() => require(bus.status === 'connected', 'the host is not back'));
  });
});

describe('without Redis', () => {
  it('everything that needs it says so, at once, and works again when it is back', async () => {
    await world.redis.kill();
    await eventually(async () => {
      const answer = await gateway.call('GET', '/v1/phones');
      expect([answer.status, answer.json.code]).toEqual([503, 'UNAVAILABLE_STATE']);
    });
    // Told while it is away: nothing waits for it to come back, the operation that may be waited for included.
    for (const [method, at] of [
      ['GET', '/v1/phones/ph_1'],
      ['POST', '/v1/phones'],
      ['GET', '/v1/images'],
      ['GET', '/v1/events'],
      ['GET', '/v1/operations/op_1/wait'],
    ] as const) {
      const answer = await gateway.call(method, at, method === 'POST' ? { body: {} } : {});
      expect([answer.status, answer.json.code], at).toEqual([503, 'UNAVAILABLE_STATE']);
    }
    expect((await gateway.call('GET', '/v1/me', { key: 'unknown' })).json.code).toBe('UNAVAILABLE_STATE');
    expect((await gateway.call('GET', '/healthz', { key: null })).status).toBe(200);
    await world.redis.start();
    await eventually(async () => {
      require((await gateway.call('GET', '/v1/phones')).status === 200, 'not back');
      require((await second.call('GET', '/v1/phones')).status === 200, 'not back');
      require((await state.run('asking', (client) => client.ping())) === 'PONG', 'we are not back');
    });
    await host.beat();
    await removed(await readyPhone());
  });
});

describe('into a phone', () => {
  it('who asks a phone that is ready before its session is there waits for it', async () => {
    const phoneId = await readyPhone();
    const early = gateway.call('GET', `/v1/phones/${phoneId}/screenshot`);
    // Behind the asking at the gateway: it is served in turn, and has looked for the session by then.
    expect((await gateway.call('GET', `/v1/phones/${phoneId}`)).json).toMatchObject({ viewable: false });
    await session.attach(phoneId);
    expect((await early).text).toContain(`-of-${phoneId}`);
    await removed(phoneId);
  });

  it('screenshots and apps are passed on', async () => {
    const phoneId = await readyPhone();
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
    await removed(phoneId);
  });

  it('apps are passed on from gRPC too, at the phone’s pace', async () => {
    const phoneId = await readyPhone();
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
    await removed(phoneId);
  });

  it('a shell authenticates in its first frame and relays both ways', async () => {
    const phoneId = await readyPhone();
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
    await removed(phoneId);
  });
});
