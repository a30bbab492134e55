import { MediaRecord, PushRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { beforeEach, expect, it } from 'vitest';
import type { Principal } from '../auth/principal.js';
import { leapingClock } from '../signal/leaping-clock.fixture.js';
import { Pushes, type PushParts } from './pushes.js';

const ann: Principal = { owner: 'ann', roles: [], via: 'key' };
const bob: Principal = { owner: 'bob', roles: [], via: 'key' };
const admin: Principal = { owner: 'root', roles: ['admin'], via: 'key' };

/** What each media-svc has; undefined: it does not answer. */
let has: Record<string, PushRecord[] | undefined>;
let stopped: string[];
/** What media-svcs are asked to begin, and what they answer, in turn. */
let begun: { readonly pushId: string; readonly owner: string }[];
let answers: (AppError | undefined)[];

const push = (pushId: string, owner: string, startedAtMs: number): PushRecord =>
  PushRecord.fromPartial({ pushId, owner, phoneId: `ph_${owner}`, startedAtMs });

beforeEach(() => {
  has = { a: [push('pu_1', 'ann', 1), push('pu_2', 'bob', 2)], b: [push('pu_3', 'ann', 3)] };
  stopped = [];
  begun = [];
  answers = [];
});

const pushes = new Pushes({
  access: {
    load: ({ owner }: Principal, phoneId: string) =>
      phoneId === `ph_${owner}`
        ? Promise.resolve({ desired: { owner } })
        : Promise.reject(new AppError('PHONE_NOT_FOUND', 'there is no such phone')),
  },
  facts: {
    medias: () =>
      Promise.resolve(
        Object.keys(has).map((id) => MediaRecord.fromPartial({ mediaId: id, mediaAddress: id })),
      ),
    stream: () => Promise.resolve(undefined),
  },
  reached: () => Promise.resolve('ready'),
  medias: {
    reached: (address: string) => Promise.resolve(has[address] === undefined ? 'silent' : 'ready'),
    get: (address: string) => ({
      listPushes: () => Promise.resolve({ pushes: has[address] ?? [] }),
      stopPush: ({ pushId }: { pushId: string }) => {
        stopped.push(`${address}/${pushId}`);
        return Promise.resolve(has[address]?.find((one) => one.pushId === pushId));
      },
      startPush: (request: { pushId: string; owner: string }) => {
        begun.push(request);
        const error = answers.shift();
        return error === undefined
          ? Promise.resolve(push(request.pushId, request.owner, 9))
          : Promise.reject(error);
      },
    }),
  },
  clock: leapingClock(),
} as unknown as PushParts);

const ids = async (who: Principal, phoneId = ''): Promise<string[]> =>
  (await pushes.list(who, { phoneId })).pushes.map(({ pushId }) => pushId);
const start = (who: Principal, phoneId: string, url = 'https://live.example/whip'): Promise<PushRecord> =>
  pushes.start(who, { phoneId, url, token: '' }, new AbortController().signal);

it('lists to each tenant its own, newest first, to an admin all', async () => {
  expect(await ids(ann)).toEqual(['pu_3', 'pu_1']);
  expect(await ids(bob)).toEqual(['pu_2']);
  expect(await ids(bob, 'ph_ann')).toEqual([]);
  expect(await ids(admin)).toEqual(['pu_3', 'pu_2', 'pu_1']);
});

it('stops what is the caller’s, where it is', async () => {
  expect(await pushes.stop(ann, { pushId: 'pu_3' })).toMatchObject({ pushId: 'pu_3' });
  expect(stopped).toEqual(['b/pu_3']);
});

it.each([
  ['of another tenant', bob, 'pu_1', 'PUSH_NOT_FOUND'],
  ['that nobody has', ann, 'pu_9', 'PUSH_NOT_FOUND'],
  ['that has no id', ann, '../pu_1', 'INVALID_ARGUMENT'],
])('stops none %s', async (_, who, pushId, code) => {
  await expect(pushes.stop(who, { pushId })).rejects.toMatchObject({ code, field: 'pushId' });
  expect(stopped).toEqual([]);
});

it('begins one on the caller’s phones alone', async () => {
  await expect(start(bob, 'ph_ann')).rejects.toMatchObject({ code: 'PHONE_NOT_FOUND' });
  await expect(start(ann, 'ph_ann', '')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', field: 'url' });
  expect(begun).toEqual([]);
  expect(await start(ann, 'ph_ann')).toMatchObject({ owner: 'ann' });
});

it('asks again under the same id: what was begun, and whose answer was lost, is the same push', async () => {
  answers = [new AppError('UNAVAILABLE', 'the connection broke')];
  await start(ann, 'ph_ann');
  expect(begun).toHaveLength(2);
  expect(new Set(begun.map(({ pushId }) => pushId)).size).toBe(1);
});

it('lists nothing rather than half while a media-svc does not answer', async () => {
  has['b'] = undefined;
  await expect(ids(ann)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
