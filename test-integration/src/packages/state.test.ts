import { leases, records } from '@ancloud/contracts';
import { Wanted } from '@ancloud/contracts/common/v1/common';
import { type HostRecord, PhoneStatus, Stage, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { silentLog } from '@ancloud/kit';
import {
  acquire,
  Campaign,
  connectState,
  recordsOf,
  type State,
  validateFence,
  viewLease,
  writeStatus,
} from '@ancloud/state';
import { ManualClock } from '@ancloud/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, PATIENCE_MS, require } from '../harness/eventually.js';
import { knocks, type RedisServer, startRedis } from '../harness/servers.js';

let redis: RedisServer;
let state: State;
const open: State[] = [];

async function connectAnother(): Promise<State> {
  const made = await connectState({ url: redis.url, name: 'test', log: silentLog, connectMs: PATIENCE_MS });
  open.push(made);
  return made;
}

beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  state = await connectAnother();
  await state.run('emptying', (client) => client.flushall());
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(async () => {
  await redis.stop();
});

const status = (epoch: number, revision: number, stage = Stage.STAGE_BOOTING): PhoneStatus =>
  PhoneStatus.fromPartial({ phoneId: 'ph_a', hostId: 'h1', epoch, revision, stage });

describe('records', () => {
  it('keeps a message as JSON that an operator can read', async () => {
    const statuses = recordsOf(state, records.status);
    await statuses.set({ phone: 'ph_a' }, { ...status(1_763_900_000_123, 4), wanted: Wanted.WANTED_RUNNING });
    const text = await state.run('reading', (client) => client.get('phone:ph_a:status'));
    expect(JSON.parse(text ?? '')).toEqual({
      phoneId: 'ph_a',
      hostId: 'h1',
      epoch: 1_763_900_000_123,
      revision: 4,
      stage: 'STAGE_BOOTING',
      wanted: 'WANTED_RUNNING',
    });
    expect(await statuses.get({ phone: 'ph_a' })).toMatchObject({
      epoch: 1_763_900_000_123,
      stage: Stage.STAGE_BOOTING,
    });
    expect(await statuses.get({ phone: 'ph_none' })).toBeUndefined();
    expect(await statuses.delete({ phone: 'ph_a' })).toBe(true);
    expect(await statuses.delete({ phone: 'ph_a' })).toBe(false);
  });

  it('a holder that slept neither writes over nor deletes what the next one has written', async () => {
    const streams = recordsOf(state, records.stream);
    const at = { phone: 'ph_a' };
    const of = (mediaId: string, fence: number): StreamRecord =>
      StreamRecord.fromPartial({ phoneId: 'ph_a', mediaId, fence });
    const [old, next] = [of('old', 1_763_900_000_123), of('next', 1_763_900_000_124)];
    expect(await streams.writeAsHolder(at, old)).toBe(true);
    expect(await streams.writeAsHolder(at, old)).toBe(true);
    expect(await streams.writeAsHolder(at, next)).toBe(true);
    expect(await streams.writeAsHolder(at, old)).toBe(false);
    expect(await streams.deleteAsHolder(at, old.fence)).toBe(false);
    expect(await streams.get(at)).toMatchObject({ mediaId: 'next' });
    expect(await streams.deleteAsHolder(at, next.fence)).toBe(true);
    expect(await streams.get(at)).toBeUndefined();
    await state.run('breaking', (client) => client.set('stream:ph_a', '{not json'));
    expect(await streams.writeAsHolder(at, old)).toBe(true);
  });

  it("gives a record its table's time to live, or the one asked for", async () => {
    const hosts = recordsOf(state, records.host);
    const value: HostRecord = records.host.codec.fromJSON({ hostId: 'h1' });
    const table = (records.host.ttlSeconds ?? 0) * 1_000;
    for (const [more, ttlMs] of [
      [{}, table],
      [{ ttlMs: 90_000 }, 90_000],
    ] as const) {
      const before = await state.now();
      await hosts.set({ host: 'h1' }, value, more);
      const after = await state.now();
      const ends = await state.run('reading', (client) => client.pexpiretime('host:h1'));
      expect(ends).toBeGreaterThanOrEqual(before + ttlMs);
      expect(ends).toBeLessThanOrEqual(after + ttlMs);
    }
    await hosts.set({ host: 'h1' }, value, { ttlMs: Infinity });
    expect(await state.run('reading', (client) => client.pttl('host:h1'))).toBe(-1);
  });

  it('creates only what does not exist', async () => {
    const statuses = recordsOf(state, records.status);
    expect(await statuses.create({ phone: 'ph_a' }, status(1, 1))).toBe(true);
    expect(await statuses.create({ phone: 'ph_a' }, status(2, 1))).toBe(false);
    expect((await statuses.get({ phone: 'ph_a' }))?.epoch).toBe(1);
  });

  it('lists one kind among others whose keys look alike', async () => {
    await recordsOf(state, records.status).set({ phone: 'ph_a' }, status(1, 1));
    await recordsOf(state, records.desired).set({ phone: 'ph_b' }, records.desired.codec.fromJSON({}));
    expect(await recordsOf(state, records.desired).list()).toEqual([{ phone: 'ph_b' }]);
    expect(await recordsOf(state, records.status).list()).toEqual([{ phone: 'ph_a' }]);
  });

  it('names the key of a record that cannot be read', async () => {
    await state.run('breaking', (client) => client.set('phone:ph_a:status', '{not json'));
    await expect(recordsOf(state, records.status).get({ phone: 'ph_a' })).rejects.toMatchObject({
      code: 'MESSAGE_MALFORMED',
      field: 'phone:ph_a:status',
    });
  });

  it('refuses ids that would reach other keys', async () => {
    for (const phone of ['a:b', '*', '', '{x}', 'a b'])
      await expect(recordsOf(state, records.status).get({ phone }), phone).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
  });
});

describe('writeStatus', () => {
  it.each([
    ['a newer epoch', [5, 9], [6, 1], true],
    ['a newer revision', [5, 1], [5, 2], true],
    ['the same again', [5, 1], [5, 1], true],
    ['an older revision', [5, 2], [5, 1], false],
    ['an older epoch with a newer revision', [1_763_900_000_001, 1], [1_763_900_000_000, 99], false],
  ] as const)('%s', async (_name, [epoch, revision], [nextEpoch, nextRevision], written) => {
    expect(await writeStatus(state, status(epoch, revision))).toEqual({ written: true });
    const result = await writeStatus(state, status(nextEpoch, nextRevision, Stage.STAGE_READY));
    expect(result).toEqual(written ? { written: true } : { written: false, epoch, revision });
    const stands = await recordsOf(state, records.status).get({ phone: 'ph_a' });
    expect(stands?.stage).toBe(written ? Stage.STAGE_READY : Stage.STAGE_BOOTING);
  });

  it('replaces a record that cannot be read', async () => {
    await state.run('breaking', (client) => client.set('phone:ph_a:status', '{not json'));
    expect(await writeStatus(state, status(1, 1))).toEqual({ written: true });
  });
});

describe('lease', () => {
  const at = { phone: 'ph_a' };
  const ttlMs = 60_000;
  const take = (owner: string, more: object = {}) =>
    acquire(state, leases.stream, at, { owner, ttlMs, log: silentLog, ...more });
  const must = async (owner: string, more: object = {}) => {
    const result = await take(owner, more);
    if (!result.held) throw new Error(`held by ${result.owner}`);
    return result.lease;
  };

  it('has one holder, and a fence in ms of Unix time', async () => {
    const before = await state.now();
    const lease = await must('a');
    expect(lease.fence).toBeGreaterThanOrEqual(before);
    expect(lease.fence).toBeLessThanOrEqual(await state.now());
    const other = await take('b');
    expect(other).toMatchObject({ held: false, owner: 'a', fence: lease.fence });
    expect(await validateFence(state, leases.stream, at, lease.fence)).toBe(true);
    expect(await validateFence(state, leases.stream, at, lease.fence - 1)).toBe(false);
    await lease.release();
    expect(lease.held).toBe(false);
    expect(await viewLease(state, leases.stream, at)).toEqual({ owner: '', fence: lease.fence, restMs: 0 });
    expect(await validateFence(state, leases.stream, at, lease.fence)).toBe(false);
  });

  it('gives the holder its own fence again: a lost answer can be asked for twice', async () => {
    const [one, two] = [await must('a'), await must('a')];
    expect(two.fence).toBe(one.fence);
    await one.release();
  });

  it('raises the fence with each new holding', async () => {
    const first = await must('a');
    await first.release();
    const second = await must('a');
    expect(second.fence).toBeGreaterThan(first.fence);
    await second.release();
  });

  it('is kept alive by renewal, beyond its ttl', async () => {
    const clock = new ManualClock();
    const lease = await must('a', { clock });
    for (let round = 0; round < 6; round += 1) {
      await state.run('ageing it', (client) => client.pexpire(lease.name, ttlMs / 2));
      await clock.advance(ttlMs / 3);
      await eventually(async () => {
        const { restMs } = await viewLease(state, leases.stream, at);
        require(restMs > ttlMs / 2, `it runs out in ${restMs} ms`);
      });
    }
    expect(await take('b')).toMatchObject({ held: false, owner: 'a', fence: lease.fence });
    expect(lease.held).toBe(true);
    await lease.release();
  });

  it('is renewed as often as its key says: by the time left others see whether its holder is silent', async () => {
    const { renewMs } = leases.stream;
    expect(renewMs).toBeLessThan(ttlMs / 3);
    const clock = new ManualClock();
    const lease = await must('a', { clock });
    for (let round = 0; round < 3; round += 1) {
      await state.run('ageing it', (client) =>
        client.hset(lease.name, 'expiry', String(Date.now() + ttlMs / 2)),
      );
      await clock.advance(renewMs);
      await eventually(async () => {
        const { restMs } = await viewLease(state, leases.stream, at);
        require(restMs > (2 * ttlMs) / 3, `it was not renewed: ${restMs} ms are left`);
      });
    }
    await lease.release();
  });

  it('runs out for a holder who does not renew, and tells it no later than another gets it', async () => {
    const lease = await must('a', { ttlMs: 200, autoRenew: false });
    const next = await eventually(() => must('b'));
    expect(lease.held).toBe(false);
    await eventually(() => require(lease.signal.aborted, 'its timer has not run'));
    expect(lease.signal.reason).toMatchObject({ code: 'FENCED' });
    expect(next.fence).toBeGreaterThan(lease.fence);
    expect(await lease.renew()).toBe(false);
    await lease.release();
    expect(await validateFence(state, leases.stream, at, next.fence)).toBe(true);
    await next.release();
  });

  it('can be taken by force; the old holder learns of it by its next renewal', async () => {
    const clock = new ManualClock();
    const lease = await must('a', { clock });
    let lost: string | undefined;
    lease.onLost((reason) => (lost = reason.code));
    const taker = await must('b', { force: true });
    expect(taker.fence).toBeGreaterThan(lease.fence);
    await clock.advance(ttlMs / 3);
    await eventually(() => require(lost === 'FENCED', 'not told'));
    await taker.release();
  });

  it('is taken once from one who is dead, by whoever of those that know it comes first', async () => {
    await must('dead');
    const first = await must('b', { from: 'dead' });
    expect(await take('c', { from: 'dead' })).toMatchObject({ held: false, owner: 'b', fence: first.fence });
    expect(first.held).toBe(true);
    await first.release();
    // Nobody has it: then it is as without.
    await (await must('c', { from: 'dead' })).release();
  });

  it('survives a Redis that was emptied: the holder writes it back, and fences go on growing', async () => {
    const lease = await must('a');
    await state.run('emptying', (client) => client.flushall());
    expect(await lease.renew()).toBe(true);
    expect(await take('b')).toMatchObject({ held: false, owner: 'a', fence: lease.fence });
    await lease.release();
    await state.run('emptying', (client) => client.flushall());
    const next = await must('b');
    expect(next.fence).toBeGreaterThan(lease.fence);
    await next.release();
  });

  it('does not outlive a Redis that is away for a ttl', async () => {
    const clock = new ManualClock();
    const lease = await must('a', { clock });
    await redis.kill();
    await eventually(() => require(state.status === 'reconnecting', state.status));
    await clock.advance(ttlMs - 1);
    expect(lease.held).toBe(true);
    await clock.advance(1);
    expect(lease.held).toBe(false);
    expect(lease.signal.reason).toMatchObject({ code: 'FENCED' });
    await redis.start();
    await eventually(() => require(state.status === 'connected', state.status));
  });

  it('goes from one campaigner to the next when the first leaves', async () => {
    const clock = new ManualClock();
    const held: string[] = [];
    const others: string[] = [];
    const campaign = (owner: string): Campaign =>
      new Campaign(
        state,
        leases.sweeper,
        {},
        {
          owner,
          ttlMs,
          clock,
          log: silentLog,
          onHeld: () => held.push(owner),
          onOther: (name) => others.push(`${owner} sees ${name}`),
        },
      );
    const first = campaign('a');
    await eventually(() => require(first.lease !== undefined, 'a has it not'));
    const second = campaign('b');
    await eventually(() => require(others.length > 0, 'b saw nobody'));
    await first.close();
    await eventually(async () => {
      await clock.advance(ttlMs / 3);
      require(second.lease !== undefined, 'b has it not');
    });
    await second.close();
    expect(held).toEqual(['a', 'b']);
    expect(others).toEqual(['b sees a']);
  });
});

describe('state', () => {
  it('makes the incarnation once, whoever asks, and anew in an emptied Redis', async () => {
    const another = await connectAnother();
    const both = await Promise.all([state.ensureIncarnation(), another.ensureIncarnation()]);
    expect(both.filter((one) => one.created)).toHaveLength(1);
    expect(both[0].incarnation).toBe(both[1].incarnation);
    await state.run('emptying', (client) => client.flushall());
    expect(await state.readIncarnation()).toBeUndefined();
    const next = await state.ensureIncarnation();
    expect(next.created).toBe(true);
    expect(next.incarnation).not.toBe(both[0].incarnation);
  });

  it('fails fast while Redis is away, queues nothing, and says when it is back', async () => {
    let returns = 0;
    state.onReconnect(() => (returns += 1));
    await redis.kill();
    await eventually(() => require(state.status === 'reconnecting', state.status));
    // Told while it is away: who queued would answer only when it is back.
    await expect(
      recordsOf(state, records.status).set({ phone: 'ph_late' }, status(1, 1)),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE_STATE',
    });
    await redis.start();
    await eventually(() => require(returns === 1, 'not told'));
    expect(await recordsOf(state, records.status).get({ phone: 'ph_late' })).toBeUndefined();
  });

  it('waits for a Redis that starts later than we do', async () => {
    await redis.kill();
    const connecting = connectAnother();
    await knocks(redis.port, 2);
    await redis.start();
    expect((await connecting).status).toBe('connected');
  });

  it('runs scripts also on a Redis that forgot them', async () => {
    await writeStatus(state, status(1, 1));
    await state.run('forgetting', (client) => client.script('FLUSH'));
    expect(await writeStatus(state, status(2, 1))).toEqual({ written: true });
  });

  it('says at once that the password is wrong, and in time that nobody is there; never shows it', async () => {
    const base = { name: 't', log: silentLog };
    const wrong = connectState({ ...base, url: `redis://:not-the-one@127.0.0.1:${redis.port}` });
    await expect(wrong).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(wrong).rejects.not.toThrow('not-the-one');
    await expect(
      connectState({ ...base, url: 'redis://:pw@127.0.0.1:1', connectMs: 300 }),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE_STATE',
      value: 'redis://:<redacted>@127.0.0.1:1',
    });
  });
});
