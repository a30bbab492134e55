import { connectBus, type Bus } from '@ancloud/bus';
import { records, subjects } from '@ancloud/contracts';
import { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { silentLog } from '@ancloud/kit';
import { connectState, recordsOf, type RecordWatch, type State, watchRecords } from '@ancloud/state';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, PATIENCE_MS, require } from '../harness/eventually.js';
import { type NatsServer, type RedisServer, startNats, startRedis } from '../harness/servers.js';

let nats: NatsServer;
let redis: RedisServer;
let state: State;
let writer: Bus;
let reader: Bus;
let seen: string[];
let watch: RecordWatch<PhoneStatus, PhoneStatus> | undefined;

beforeAll(async () => {
  [nats, redis] = await Promise.all([startNats(), startRedis()]);
});
beforeEach(async () => {
  const base = { servers: [nats.address], log: silentLog };
  writer = await connectBus({
    ...base,
    user: 'container-svc',
    pass: nats.passwords['container-svc'],
    name: 'writer',
  });
  reader = await connectBus({ ...base, user: 'gateway', pass: nats.passwords.gateway, name: 'reader' });
  state = await connectState({ url: redis.url, name: 'test', log: silentLog });
  await state.run('emptying', (client) => client.flushall());
  seen = [];
});
afterEach(async () => {
  watch?.close();
  await Promise.all([writer.drain(), reader.drain(), state.close()]);
});
afterAll(async () => {
  await Promise.all([nats.stop(), redis.stop()]);
});

async function begin(
  more: { resyncMs?: number; accept?: (params: object, fact: PhoneStatus) => boolean } = {},
): Promise<void> {
  watch = watchRecords({
    state,
    bus: reader,
    subject: subjects.phoneStatus,
    records: recordsOf(state, records.status),
    onChange: (params, value) => void seen.push(`${params['phone']}@${value.revision}`),
    onGone: (params) => void seen.push(`${params['phone']} gone`),
    resyncMs: 60_000,
    log: silentLog,
    ...more,
  });
  await watch.resync();
}

const status = (phoneId: string, revision: number): PhoneStatus =>
  PhoneStatus.fromPartial({ phoneId, hostId: 'h1', revision });
const write = (phone: string, revision: number): Promise<void> =>
  recordsOf(state, records.status).set({ phone }, status(phone, revision));
const tell = (phone: string, revision = 0): boolean =>
  writer.publish(subjects.phoneStatus, { phone }, status(phone, revision));

describe('watchRecords', () => {
  it('begins with what is there', async () => {
    await write('ph_a', 1);
    await begin();
    expect(seen).toEqual(['ph_a@1']);
    expect(watch?.known).toEqual([{ phone: 'ph_a' }]);
  });

  it('reads a record when a fact names it, and tells each change once', async () => {
    await begin();
    await write('ph_a', 1);
    tell('ph_a');
    await expect.poll(() => seen).toEqual(['ph_a@1']);
    tell('ph_a');
    await write('ph_a', 2);
    tell('ph_a');
    await expect.poll(() => seen).toEqual(['ph_a@1', 'ph_a@2']);
    await recordsOf(state, records.status).delete({ phone: 'ph_a' });
    tell('ph_a');
    await expect.poll(() => seen).toEqual(['ph_a@1', 'ph_a@2', 'ph_a gone']);
    await watch?.resync();
    expect(seen).toHaveLength(3);
  });

  it('finds by resync what no fact told: changes, arrivals and disappearances', async () => {
    await write('ph_a', 1);
    await write('ph_b', 1);
    await begin({ resyncMs: 100 });
    await write('ph_a', 2);
    await expect
      .poll(() => seen.slice(0, 2).toSorted().concat(seen.slice(2)))
      .toEqual(['ph_a@1', 'ph_b@1', 'ph_a@2']);
    await recordsOf(state, records.status).delete({ phone: 'ph_b' });
    await expect.poll(() => seen.at(-1)).toBe('ph_b gone');
  });

  it('finds it on a farm where facts never stop coming, too', async () => {
    await begin({ resyncMs: 300 });
    await write('ph_hidden', 1);
    let revision = 0;
    let telling: Promise<unknown> = Promise.resolve();
    const busy = setInterval(() => {
      revision += 1;
      telling = telling.then(() => write('ph_busy', revision)).then(() => tell('ph_busy', revision));
    }, 30);
    try {
      await expect.poll(() => seen, { timeout: PATIENCE_MS }).toContain('ph_hidden@1');
    } finally {
      clearInterval(busy);
      await telling;
    }
  });

  it('leaves alone what the caller does not accept', async () => {
    await begin({ accept: (_params, fact) => fact.revision !== 9 });
    await write('ph_other', 1);
    await write('ph_mine', 1);
    tell('ph_other', 9);
    tell('ph_mine', 1);
    await expect.poll(() => seen).toEqual(['ph_mine@1']);
  });

  it('resyncs when NATS comes back: facts of the meantime are lost, their records are not', async () => {
    await begin();
    await nats.kill();
    await write('ph_a', 1);
    await nats.start();
    await expect.poll(() => seen).toEqual(['ph_a@1']);
  });

  it('tells nothing gone while Redis is away, and resyncs when it is back', async () => {
    await write('ph_a', 1);
    await begin({ resyncMs: 100 });
    await redis.kill();
    await eventually(() => require(state.status === 'reconnecting', state.status));
    tell('ph_a');
    await redis.start();
    await eventually(() => require(state.status === 'connected', state.status));
    await write('ph_a', 2);
    await expect.poll(() => seen).toEqual(['ph_a@1', 'ph_a@2']);
  });

  it('is not ended by a handler that throws or a record that cannot be read', async () => {
    await begin();
    await state.run('breaking', (client) => client.set('phone:ph_bad:status', '{'));
    tell('ph_bad');
    await write('ph_a', 1);
    tell('ph_a');
    await expect.poll(() => seen).toEqual(['ph_a@1']);
  });
});
