import { silentLog } from '@ancloud/kit';
import type { State } from '@ancloud/state';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PUBLISHER } from '../core/whep-offer.fixture.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { Feed, type FeedOptions } from './feed.js';
import { Feeds } from './feeds.js';

/** Ms that Redis takes to give each lease, in which this process sleeps. */
let slow: number;
const state = {
  script: async ({ name }: { readonly name: string }) => {
    if (name !== 'acquireLease') return 1;
    await vi.advanceTimersByTimeAsync(slow);
    return [1, '7', 6_000];
  },
} as unknown as State;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Feed, 'create').mockImplementation((options) => Promise.resolve(feedOf(options)));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** One that takes each publisher. */
function feedOf({ id, phoneId, closed }: FeedOptions): Feed {
  const feed = {
    id,
    phoneId,
    kinds: ['camera', 'microphone'],
    closed: false,
    publish: () => Promise.resolve({ answer: 'v=0', etag: '"1"' }),
    close: () => {
      if (feed.closed) return;
      feed.closed = true;
      closed(feed as unknown as Feed);
    },
  };
  return feed as unknown as Feed;
}

const create = (feeds: Feeds): ReturnType<Feeds['create']> =>
  feeds.create(
    { feedId: 'fe_1', phoneId: 'ph_1', owner: 'acme', sessionId: 'ws_1', offer: PUBLISHER },
    () => false,
  );

it('tells its publisher that a feed has begun, and holds its places', async () => {
  slow = 0;
  const feeds = new Feeds(state, {} as WorkerPool, silentLog);
  expect(await create(feeds)).toEqual({ answer: 'v=0', etag: '"1"', displaced: false });
  expect(feeds.phones).toEqual(['ph_1']);
  await feeds.close();
  expect(vi.getTimerCount()).toBe(0);
});

it('tells nobody that a feed has begun which lost its place while it took it', async () => {
  slow = 6_000;
  const feeds = new Feeds(state, {} as WorkerPool, silentLog);
  await expect(create(feeds)).rejects.toMatchObject({
    code: 'STREAM_FAILED',
    message: 'the feed has ended before its publisher had an answer',
    fix: 'POST the offer again',
  });
  expect(feeds.phones).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
