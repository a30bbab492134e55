import { records } from '@ancloud/contracts';
import { Wanted } from '@ancloud/contracts/common/v1/common';
import { type HostRecord, Stage, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { recordsOf, type State, writeStatus } from '@ancloud/state';
import { beforeEach, describe, expect, it } from 'vitest';
import { statusAt, withRedis } from './redis-world.js';

const world = withRedis();
let state: State;
beforeEach(() => {
  ({ state } = world);
});

describe('records', () => {
  it('keeps a message as JSON that an operator can read', async () => {
    const statuses = recordsOf(state, records.status);
    await statuses.set(
      { phone: 'ph_a' },
      { ...statusAt(1_763_900_000_123, 4), wanted: Wanted.WANTED_RUNNING },
    );
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
    expect(await statuses.create({ phone: 'ph_a' }, statusAt(1, 1))).toBe(true);
    expect(await statuses.create({ phone: 'ph_a' }, statusAt(2, 1))).toBe(false);
    expect((await statuses.get({ phone: 'ph_a' }))?.epoch).toBe(1);
  });

  it('lists one kind among others whose keys look alike', async () => {
    await recordsOf(state, records.status).set({ phone: 'ph_a' }, statusAt(1, 1));
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
    expect(await writeStatus(state, statusAt(epoch, revision))).toEqual({ written: true });
    const result = await writeStatus(state, statusAt(nextEpoch, nextRevision, Stage.STAGE_READY));
    expect(result).toEqual(written ? { written: true } : { written: false, epoch, revision });
    const stands = await recordsOf(state, records.status).get({ phone: 'ph_a' });
    expect(stands?.stage).toBe(written ? Stage.STAGE_READY : Stage.STAGE_BOOTING);
  });

  it('replaces a record that cannot be read', async () => {
    await state.run('breaking', (client) => client.set('phone:ph_a:status', '{not json'));
    expect(await writeStatus(state, statusAt(1, 1))).toEqual({ written: true });
  });
});
