import { records } from '@ancloud/contracts';
import { silentLog } from '@ancloud/kit';
import { connectState, recordsOf, type State, writeStatus } from '@ancloud/state';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually, require } from '../harness/eventually.js';
import { knocks } from '../harness/servers.js';
import { statusAt, withRedis } from './redis-world.js';

const world = withRedis();
let state: State;
beforeEach(() => {
  ({ state } = world);
});

describe('state', () => {
  it('makes the incarnation once, whoever asks, and anew in an emptied Redis', async () => {
    const another = await world.connectAnother();
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
    await world.redis.kill();
    await eventually(() => require(state.status === 'reconnecting', state.status));
    // Told while it is away: who queued would answer only when it is back.
    await expect(
      recordsOf(state, records.status).set({ phone: 'ph_late' }, statusAt(1, 1)),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE_STATE',
    });
    await world.redis.start();
    await eventually(() => require(returns === 1, 'not told'));
    expect(await recordsOf(state, records.status).get({ phone: 'ph_late' })).toBeUndefined();
  });

  it('waits for a Redis that starts later than we do', async () => {
    await world.redis.kill();
    const connecting = world.connectAnother();
    await knocks(world.redis.port, 2);
    await world.redis.start();
    expect((await connecting).status).toBe('connected');
  });

  it('runs scripts also on a Redis that forgot them', async () => {
    await writeStatus(state, statusAt(1, 1));
    await state.run('forgetting', (client) => client.script('FLUSH'));
    expect(await writeStatus(state, statusAt(2, 1))).toEqual({ written: true });
  });

  it('says at once that the password is wrong, and in time that nobody is there; never shows it', async () => {
    const base = { name: 't', log: silentLog };
    const wrong = connectState({ ...base, url: `redis://:not-the-one@127.0.0.1:${world.redis.port}` });
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
