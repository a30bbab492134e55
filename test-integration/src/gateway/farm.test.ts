import { type ChildProcessByStdio, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Bus } from '@ancloud/bus';
import type { State } from '@ancloud/state';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endChild } from '../harness/end-child.js';
import { eventually, require } from '../harness/eventually.js';
import { FakeHost } from './fake-host.js';
import type { GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';
import { Partner } from './partner.js';

const CLI = path.join(import.meta.dirname, '../../../cli/dist/main.js');

let world: GatewayWorld;
let state: State;
let bus: Bus;
let gateway: GatewayProcess;
let second: GatewayProcess;
let host: FakeHost;
let partner: Partner;

beforeAll(async () => {
  world = await GatewayWorld.start();
  ({ state, bus, gateway } = world);
  second = await world.another();
  host = await FakeHost.start(state, bus, world.secrets.farmSecret);
  partner = new Partner(gateway);
  await recovered();
});
afterAll(async () => {
  await host?.close();
  await world?.close();
});

function recovered(): Promise<void> {
  return eventually(async () => {
    const keys = await state.run('asking', (client) => client.mget('farm:incarnation', 'farm:recovery'));
    require(keys[0] !== null && keys[1] === null, `incarnation ${keys[0]}, recovery ${keys[1]}`);
  });
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
    const phoneId = await partner.ready(second);
    const streams = [await events(gateway), await events(second)];
    for (const { told } of streams) {
      await eventually(() => require(told.length >= 2, 'nothing told'));
      expect(told[0]).toMatchObject({ id: 1, event: 'phone', data: { phoneId, phase: 'ready' } });
      expect(told[1]).toEqual({ id: 2, event: 'synced', data: { phoneIds: [phoneId] } });
    }
    await partner.remove(phoneId);
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
    const phoneId = await partner.ready(second);
    const { told, close } = await events(second);
    await host.die(true);
    const phase = (): unknown =>
      told.findLast((one) => one.event === 'phone' && one.data['phoneId'] === phoneId)?.data['phase'];
    await eventually(() => require(phase() === 'lost', `phase ${String(phase())}`));
    await host.revive();
    await eventually(() => require(phase() === 'ready', `phase ${String(phase())}`));
    close();
    await partner.remove(phoneId);
  });
});

describe('./ancloud events', () => {
  let folder: string;
  let cli: ChildProcessByStdio<null, Readable, Readable>;
  let lines: string[];
  const begin = (at: GatewayProcess): void => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-events-'));
    const key = path.join(folder, 'key');
    fs.writeFileSync(key, world.secrets.apiKey);
    cli = spawn(process.execPath, [CLI, 'events', '--json'], {
      env: { ...process.env, ANCLOUD_URL: at.url, ANCLOUD_API_KEY_FILE: key },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    lines = [];
    readline.createInterface(cli.stdout).on('line', (line) => lines.push(line));
  };
  const told = (start: string): Promise<void> =>
    eventually(() => require(lines.some((line) => line.startsWith(start)), lines.join('\n')));
  const ended = (code: number): Promise<void> =>
    eventually(() => require(cli.exitCode === code, `exit code ${cli.exitCode}`));
  afterEach(async () => {
    await endChild(cli, 'SIGKILL');
    fs.rmSync(folder, { recursive: true });
  });

  it('tells them a line each, until its gateway ends', async () => {
    const third = await world.another();
    begin(third);
    const problem = text(cli.stderr);
    await told('{"event":"synced","data":{"phoneIds":[]}}');
    const phoneId = await partner.ready(second);
    await told(`{"event":"phone","data":{"phoneId":"${phoneId}",`);
    await partner.remove(phoneId);
    await told(`{"event":"phoneRemoved","data":{"phoneId":"${phoneId}"}}`);
    await third.stop();
    expect(JSON.parse(await problem)).toMatchObject({ code: 'UNAVAILABLE' });
    await ended(75);
  });

  it('ends without a complaint when nobody reads on', async () => {
    begin(second);
    const complaint = text(cli.stderr);
    await told('{"event":"synced"');
    cli.stdout.destroy();
    await partner.remove(await partner.ready(second));
    expect(await complaint).toBe('');
    await ended(0);
  });
});

describe('a lost Redis', () => {
  it('comes back from what hosts were told; a deleted phone does not; nothing is placed before', async () => {
    const stays = await partner.ready(second);
    const dies = await partner.ready(second);
    await partner.remove(dies);
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
    await partner.remove(stays);
    await partner.remove(await partner.ready(second));
  });

  it('never brings back what has a tombstone', async () => {
    const phoneId = await partner.ready(second);
    const wish = host.told.get(phoneId);
    await partner.remove(phoneId);
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
    const phoneId = await partner.ready(second);
    await partner.remove(phoneId);
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
    await partner.remove(await partner.ready(second));
  });
});
