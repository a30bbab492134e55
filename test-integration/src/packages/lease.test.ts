import { leases } from '@ancloud/contracts';
import { silentLog } from '@ancloud/kit';
import { acquire, Campaign, type State, validateFence, viewLease } from '@ancloud/state';
import { ManualClock } from '@ancloud/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually, require } from '../harness/eventually.js';
import { withRedis } from './redis-world.js';

const world = withRedis();
let state: State;
beforeEach(() => {
  ({ state } = world);
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

  it('tells of its loss also who listens after it, and nobody of its release', async () => {
    const [lost, released] = [
      await must('a'),
      await acquire(state, leases.stream, { phone: 'ph_b' }, { owner: 'a', ttlMs, log: silentLog }),
    ];
    const taker = await must('b', { force: true });
    expect(await lost.renew()).toBe(false);
    const told: string[] = [];
    lost.onLost(({ code }) => told.push(code));
    if (!released.held) throw new Error('it is held');
    await released.lease.release();
    released.lease.onLost(() => told.push('of its release'));
    await eventually(() => require(told.length > 0, 'not told'));
    expect(told).toEqual(['FENCED']);
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
    await world.redis.kill();
    await eventually(() => require(state.status === 'reconnecting', state.status));
    await clock.advance(ttlMs - 1);
    expect(lease.held).toBe(true);
    await clock.advance(1);
    expect(lease.held).toBe(false);
    expect(lease.signal.reason).toMatchObject({ code: 'FENCED' });
    await world.redis.start();
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
