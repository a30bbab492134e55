import type { FeedView, MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import { MediaRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type ClientPool } from '@ancloud/kit';
import { beforeEach, expect, it } from 'vitest';
import type { Principal } from '../auth/principal.js';
import { leapingClock } from '../signal/leaping-clock.fixture.js';
import { FeedFinder } from './feed-finder.js';
import { Feeds, type FeedParts } from './feeds.js';

const ann: Principal = { owner: 'ann', roles: [], via: 'key' };
const bob: Principal = { owner: 'bob', roles: [], via: 'key' };

/** What each media-svc has; undefined: it does not answer. */
let has: Record<string, string[] | undefined>;
/** Whose token is good. */
let owner: string | undefined;
/** Somebody has come by it. */
let came: boolean;

beforeEach(() => {
  has = { a: ['fe_1', 'fe_2'], b: ['fe_1'] };
  owner = 'ann';
  came = true;
});

const clock = leapingClock();
const medias = {
  reached: (address: string) => Promise.resolve(has[address] === undefined ? 'silent' : 'ready'),
  get: (address: string) => ({
    listFeeds: () =>
      Promise.resolve({
        feeds: (has[address] ?? []).map((feedId) => ({ feedId, owner: 'ann' }) as FeedView),
      }),
    deleteWhip: ({ feedId }: { feedId: string }) => {
      if (has[address]?.includes(feedId) !== true)
        return Promise.reject(new AppError('FEED_NOT_FOUND', 'not here'));
      has[address] = has[address].filter((one) => one !== feedId);
      return Promise.resolve({});
    },
  }),
} as unknown as ClientPool<typeof MediaServiceClient.service>;
const facts = {
  medias: () =>
    Promise.resolve(Object.keys(has).map((id) => MediaRecord.fromPartial({ mediaId: id, mediaAddress: id }))),
};
const feeds = new Feeds({
  tokens: {
    ownerOf: () => Promise.resolve(owner),
    end: () => {
      owner = undefined;
      return Promise.resolve(came);
    },
  },
  finder: new FeedFinder({ facts, medias, clock }),
  medias,
  clock,
} as unknown as FeedParts);

it('ends a feed at every media-svc that has it', async () => {
  await feeds.end(ann, { feedId: 'fe_1' });
  expect(has).toEqual({ a: ['fe_2'], b: [] });
  expect(owner).toBeUndefined();
  await expect(feeds.end(ann, { feedId: 'fe_1' })).rejects.toMatchObject({
    code: 'FEED_NOT_FOUND',
    field: 'feedId',
  });
});

it('ends it where it is though another media-svc does not answer; where that one may have it, it says so', async () => {
  has['a'] = undefined;
  await feeds.end(ann, { feedId: 'fe_1' });
  expect(has).toEqual({ a: undefined, b: [] });
  await expect(feeds.end(ann, { feedId: 'fe_1' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('a token that nobody came by is void at once', async () => {
  came = false;
  has = { a: undefined };
  await feeds.end(ann, { feedId: 'fe_1' });
  expect(owner).toBeUndefined();
});

it('ends nothing of another owner', async () => {
  await expect(feeds.end(bob, { feedId: 'fe_1' })).rejects.toMatchObject({
    code: 'FEED_NOT_FOUND',
    field: 'feedId',
  });
  expect(has).toEqual({ a: ['fe_1', 'fe_2'], b: ['fe_1'] });
  expect(owner).toBe('ann');
});

it('lists to each tenant its own', async () => {
  expect((await feeds.list(ann, { phoneId: '' })).feeds).toHaveLength(3);
  expect((await feeds.list(bob, { phoneId: '' })).feeds).toEqual([]);
});
