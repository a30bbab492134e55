import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connectBus } from '@ancloud/bus';
import { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import { GatewayServiceClient } from '@ancloud/contracts/gateway/v1/gateway';
import { createClient, type FarmTls, silentLog } from '@ancloud/kit';
import { connectState } from '@ancloud/state';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Issued, issue } from '../harness/certificates.js';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { Farm } from '../harness/farm.js';
import { ownFarm, portOf, secretOf } from '../harness/farm-address.js';

/** Behind the base port, as cli/src/layout.ts places them. */
const PORTS = { gateway: 81, 'container-svc': 101, nats: 222, redis: 379 } as const;
/** Of tries that must fail: those who listen are there. */
const CONNECT_MS = 1_000;

let folder: string;
let farm: Farm;
let own: Issued;
/** Of another authority, which anybody can make. */
let strange: Issued;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-tls-'));
  own = issue(path.join(folder, 'own'), 'host', ['127.0.0.1']);
  strange = issue(path.join(folder, 'strange'), 'host', ['127.0.0.1']);
  const address = await ownFarm();
  farm = new Farm({ ...address, env: { ...address.env, ...own.env } });
  await farm.up();
  await farm.image();
});
afterAll(async () => {
  await farm?.remove();
  fs.rmSync(folder, { recursive: true, force: true });
});

const secret = (name: string): string => secretOf(farm.address, name);
const at = (name: keyof typeof PORTS): string => `127.0.0.1:${portOf(farm.address, PORTS[name])}`;

async function askHost(tls: FarmTls | undefined): Promise<string> {
  const client = createClient(ContainerServiceClient, at('container-svc'), {
    farmSecret: secret('farm'),
    tls,
    deadlineMs: PATIENCE_MS,
    retries: 0,
  });
  try {
    return (await client.hostFacts({})).hostId;
  } finally {
    client.close();
  }
}

const askNats = async (scheme: string, tls: FarmTls | undefined, connectMs = CONNECT_MS): Promise<void> => {
  const bus = await connectBus({
    servers: [`${scheme}://${at('nats')}`],
    user: 'gateway',
    pass: secret('nats-gateway'),
    name: 'test',
    log: silentLog,
    connectMs,
    tls,
  });
  await bus.drain();
};

const askRedis = async (scheme: string, tls: FarmTls | undefined, connectMs = CONNECT_MS): Promise<void> => {
  const state = await connectState({
    url: `${scheme}://:${secret('redis')}@${at('redis')}`,
    name: 'test',
    log: silentLog,
    connectMs,
    tls,
  });
  await state.close();
};

describe('a farm whose services speak TLS', () => {
  it('boots a phone, shows it, records it, is touched: each service calls the next', async () => {
    const { phoneId } = await farm.create();
    await farm.viewable(phoneId);
    const screenshot = await farm.call('GET', `/v1/phones/${phoneId}/screenshot`);
    expect(screenshot.headers.get('content-type')).toBe('image/png');
    await farm.api('POST', `/v1/phones/${phoneId}/tap`, { at: { x: 0.5, y: 0.5 } });
    const started = await farm.api<{ recordingId: string }>('POST', `/v1/phones/${phoneId}/recordings`, {});
    await eventually(async () => {
      const { files } = await farm.api<{ files: { frames: number }[] }>(
        'GET',
        `/v1/recordings/${started.recordingId}`,
      );
      if (!files.some(({ frames }) => frames > 0)) throw new NotYet('no picture was recorded');
    });
    await farm.delete(phoneId);
  });

  it('answers who shows a certificate of its authority, and nobody else', async () => {
    expect(await askHost(own)).toBe(farm.address.env['ANCLOUD_HOST_ID']);
    await expect(askHost(strange)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    // The authority is trusted, and what is shown is another's.
    await expect(askHost({ ...strange, ca: own.ca })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(askHost(undefined)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('has a NATS and a Redis that neither speak plain text nor hear who has no certificate', async () => {
    await askNats('tls', own, PATIENCE_MS);
    await askRedis('rediss', own, PATIENCE_MS);
    for (const certificates of [strange, { ...strange, ca: own.ca }]) {
      await expect(askNats('tls', certificates)).rejects.toMatchObject({ code: 'UNAVAILABLE_BUS' });
      await expect(askRedis('rediss', certificates)).rejects.toMatchObject({ code: 'UNAVAILABLE_STATE' });
    }
    await expect(askNats('nats', undefined)).rejects.toMatchObject({ code: 'UNAVAILABLE_BUS' });
    await expect(askRedis('redis', undefined)).rejects.toMatchObject({ code: 'UNAVAILABLE_STATE' });
  });

  it('lets partners in without a certificate, by TLS and their key', async () => {
    const ask = async (apiKey: string): Promise<number> => {
      const client = createClient(GatewayServiceClient, at('gateway'), {
        farmSecret: apiKey,
        // A partner knows the authority; grpc-js wants key and certificate together or not at all.
        tls: { ca: own.ca, cert: strange.cert, key: strange.key },
        deadlineMs: PATIENCE_MS,
      });
      try {
        return (await client.listHosts({})).hosts.length;
      } finally {
        client.close();
      }
    };
    expect(await ask(farm.apiKey)).toBe(1);
    await expect(ask('wrong')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

it('up refuses half of it, or what does not fit, before anything starts', async () => {
  const { ANCLOUD_TLS_KEY_FILE: _missing, ...half } = own.env;
  const address = await ownFarm();
  const refused = async (env: Record<string, string>): Promise<string> => {
    const result = await new Farm({ ...address, env: { ...address.env, ...env } }).cli(['up', '-d']);
    expect(result.code).toBe(64);
    return result.stderr;
  };
  expect(await refused(half)).toContain('ANCLOUD_TLS_KEY_FILE is not set');
  expect(await refused({ ...own.env, ANCLOUD_TLS_KEY_FILE: strange.env.ANCLOUD_TLS_KEY_FILE })).toContain(
    'ANCLOUD_TLS_KEY_FILE does not fit ANCLOUD_TLS_CERT_FILE',
  );
  expect(await refused({ ...own.env, ANCLOUD_TLS_CERT_FILE: '/nowhere.pem' })).toContain('/nowhere.pem');
  fs.rmSync(address.home, { recursive: true, force: true });
});
