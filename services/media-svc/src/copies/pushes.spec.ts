import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type PushRecord, PushState } from '@ancloud/contracts/state/v1/state';
import { Metrics, silentLog } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Names } from '../io/names.js';
import type { Stream } from '../streams/stream.js';
import { Pushes } from './pushes.js';

/** One that never gives a seat: a connection of a push waits for it. */
const stream = { seat: () => new Promise(() => undefined) } as unknown as Stream;

let folder: string;
let pushes: Pushes;
/** How often a stream was asked for, and whether it comes. */
let asked: number;
let opened: PromiseWithResolvers<Stream>;

beforeEach(async () => {
  folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-pushes-')), 'pushes');
  asked = 0;
  opened = Promise.withResolvers();
  pushes = await open();
});
afterEach(() => {
  pushes.close();
  fs.rmSync(path.dirname(folder), { recursive: true, force: true });
});

const open = (allow = ['127.0.0.0/8']): Promise<Pushes> =>
  Pushes.open({
    folder,
    allow,
    names: new Names(),
    ffmpeg: process.execPath,
    openStream: () => {
      asked += 1;
      return opened.promise;
    },
    metrics: new Metrics('media-svc'),
    log: silentLog,
  });
const start = (
  pushId: string,
  gone = (): boolean => false,
  url = 'http://127.0.0.1:9/whip',
): Promise<PushRecord> => pushes.start({ pushId, owner: 'acme', phoneId: 'ph_1', url, token: '' }, gone);
const ids = (): string[] => pushes.list().map(({ pushId }) => pushId);

describe('Pushes', () => {
  it('begins one of an id, however often it is asked for while it begins', async () => {
    const both = [start('pu_1'), start('pu_1')];
    opened.resolve(stream);
    const [one, two] = await Promise.all(both);
    expect(two).toEqual(one);
    // For the start, and for the one connection.
    expect(asked).toBe(2);
    await pushes.stop('pu_1');
    expect(ids()).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('begins four of a phone, however many are asked for at once', async () => {
    const all = Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => start(`pu_${n}`)));
    opened.resolve(stream);
    const refused = (await all).flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(ids()).toEqual(['pu_1', 'pu_2', 'pu_3', 'pu_4']);
    expect(refused).toMatchObject([{ code: 'CAPACITY' }, { code: 'CAPACITY' }]);
    await pushes.stop('pu_2');
    await start('pu_7');
    expect(ids()).toContain('pu_7');
  });

  it('begins none for whoever does not wait any more when the stream is there', async () => {
    let gone = false;
    const late = start('pu_1', () => gone);
    gone = true;
    opened.resolve(stream);
    await expect(late).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(ids()).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('asks nothing for those who gave up before their turn came', async () => {
    const first = start('pu_1');
    const late = [2, 3].map((n) => start(`pu_${n}`, () => true));
    const outcomes = Promise.allSettled(late);
    opened.resolve(stream);
    await first;
    const before = asked;
    expect(await outcomes).toMatchObject([
      { reason: { code: 'CANCELLED' } },
      { reason: { code: 'CANCELLED' } },
    ]);
    expect(asked).toBe(before);
    expect(ids()).toEqual(['pu_1']);
  });

  it('goes on with what was wanted, whatever stands beside it', async () => {
    opened.resolve(stream);
    await start('pu_1');
    pushes.close();
    // The destination is a secret.
    const modes = [folder, path.join(folder, 'pu_1.json')].map((at) => fs.statSync(at).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600]);
    const kept = JSON.parse(fs.readFileSync(path.join(folder, 'pu_1.json'), 'utf8')) as object;
    fs.writeFileSync(path.join(folder, 'pu_2.json'), JSON.stringify({ ...kept, url: 'gopher://127.0.0.1/' }));
    fs.writeFileSync(path.join(folder, 'pu_3.json'), 'half a fi');
    pushes = await open();
    expect(pushes.list()).toMatchObject([
      { pushId: 'pu_1', state: PushState.PUSH_STATE_CONNECTING, destination: 'http://127.0.0.1:9/…' },
    ]);
  });

  it('tells owner and operator of one that may not go on to where it went before', async () => {
    opened.resolve(stream);
    await start('pu_1', () => false, 'rtmp://127.0.0.1:9/app/s3cret');
    pushes.close();
    const [warn, info] = [vi.spyOn(silentLog, 'warn'), vi.spyOn(silentLog, 'info')];
    pushes = await open([]);
    const reason = 'the destination is inside a network that the farm does not send to';
    const interrupted = [{ push: 'pu_1', reason }, 'a push is interrupted'];
    // It is tried again, and told of once.
    await expect.poll(() => info.mock.calls.length, { timeout: 5_000 }).toBeGreaterThan(1);
    expect(info.mock.calls.slice(0, 2)).toEqual([interrupted, interrupted]);
    expect(pushes.list()).toMatchObject([{ state: PushState.PUSH_STATE_CONNECTING, reason }]);
    const destination = 'rtmp://127.0.0.1:9/…';
    const fix = expect.stringContaining('ANCLOUD_PUSH_ALLOW');
    expect(warn.mock.calls).toMatchObject([
      [
        { push: 'pu_1', phone: 'ph_1', owner: 'acme', destination, fix },
        'a push is refused its destination: it is forgotten if that stays so',
      ],
    ]);
    for (const spy of [warn, info]) spy.mockRestore();
  });
});
