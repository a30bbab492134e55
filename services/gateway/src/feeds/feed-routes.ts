import type { Feed } from '@ancloud/contracts/gateway/v1/gateway';
import type { FeedView } from '@ancloud/contracts/media/v1/media';
import { z } from 'zod';
import { time } from '../api/public-json.js';
import { named, type RouteDoc } from '../api/route-doc.js';
import { feedTtl } from '../viewers/token-ttl.js';

const tag = 'feeds';

/** REST's spelling, by the rule of public-json.ts. */
export function newFeedJson({ feedId, token, whipUrl, expiresAtMs }: Feed) {
  return { feedId, token, whipUrl, expiresAt: time(expiresAtMs) };
}
export function feedJson(feed: FeedView) {
  return {
    feedId: feed.feedId,
    phoneId: feed.phoneId,
    live: feed.live,
    tracks: feed.tracks.map(({ kind, codec, packets, bytes }) => ({ kind, codec, packets, bytes })),
    viewers: feed.viewers,
    startedAt: time(feed.startedAtMs),
  };
}

export const createFeedBody = named(
  'CreateFeed',
  z.strictObject({
    ttlSeconds: feedTtl.field,
  }),
);

const newFeed = named(
  'NewFeed',
  z.object({
    feedId: z.string(),
    token: z
      .string()
      .describe('Secret; the bearer token of a WHIP publisher, good until it expires or the feed is ended'),
    whipUrl: z.string(),
    expiresAt: z.iso.datetime().nullable(),
  }),
);

const feedList = named(
  'FeedList',
  z.object({
    feeds: z.array(
      named(
        'Feed',
        z.object({
          feedId: z.string(),
          phoneId: z.string(),
          live: z.boolean().describe('Its publisher is connected'),
          tracks: z.array(
            z.object({
              kind: z.enum(['camera', 'microphone']),
              codec: z.string().describe('`video/H264` or `audio/opus`'),
              packets: z.int().describe('Of RTP, taken in since it began'),
              bytes: z.int(),
            }),
          ),
          viewers: z.int().describe('Who watches it by WHEP'),
          startedAt: z.iso.datetime().nullable(),
        }),
      ),
    ),
  }),
);

export const listFeedsQuery = z.strictObject({
  phoneId: z.string().default('').describe('Only those of this phone'),
});

export const feedRoutes: readonly RouteDoc[] = [
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/feeds',
    operationId: 'createFeed',
    tag,
    summary: 'A token by which somebody sends a camera or a microphone to the phone',
    description:
      'By WHIP (RFC 9725), again and again while the token is good; of two publishers by one token the newer stays. A phone has one camera and one microphone at a time: a newer feed ends the one whose place it takes. Watch it by WHEP: `POST /v1/whep?feed=…` with the token of a viewer of the phone.',
    body: { schema: createFeedBody },
    ok: { status: 201, description: 'The token and where to take it', schema: newFeed },
    errors: ['PHONE_NOT_FOUND', 'PHONE_DELETING'],
  },
  {
    method: 'GET',
    path: '/v1/feeds',
    operationId: 'listFeeds',
    tag,
    summary: "Cameras and microphones that are sent to the caller's phones, oldest first",
    query: listFeedsQuery,
    ok: { status: 200, description: 'Those whose publishers are there', schema: feedList },
    errors: ['UNAVAILABLE'],
  },
  {
    method: 'DELETE',
    path: '/v1/feeds/{feedId}',
    operationId: 'endFeed',
    tag,
    summary: "Makes a feed's token void, and ends what is sent by it",
    ok: { status: 204, description: 'It has ended' },
    errors: ['FEED_NOT_FOUND', 'UNAVAILABLE'],
  },
];
