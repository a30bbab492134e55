import { type PushRecord, PushState } from '@ancloud/contracts/state/v1/state';
import { z } from 'zod';
import { time } from '../api/public-json.js';
import { named, type RouteDoc } from '../api/route-doc.js';

const tag = 'pushes';

const STATES: Readonly<Record<number, string>> = {
  [PushState.PUSH_STATE_CONNECTING]: 'connecting',
  [PushState.PUSH_STATE_LIVE]: 'live',
  [PushState.PUSH_STATE_ENDED]: 'ended',
};

/** REST's spelling, by the rule of public-json.ts. */
export function pushJson(push: PushRecord) {
  return {
    pushId: push.pushId,
    phoneId: push.phoneId,
    destination: push.destination,
    state: STATES[push.state] ?? 'unknown',
    reason: push.reason,
    startedAt: time(push.startedAtMs),
    endedAt: time(push.endedAtMs),
    attempts: push.attempts,
    frames: push.frames,
  };
}

const push = named(
  'Push',
  z.object({
    pushId: z.string(),
    phoneId: z.string(),
    destination: z.string().describe('Without its keys: `rtmp://live.example/…`'),
    state: z.enum(['connecting', 'live', 'ended']),
    reason: z.string().describe('Why it is not live, or why it has ended'),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    attempts: z.int().describe('Connections begun so far'),
    frames: z.int().describe('Pictures sent by all of them'),
  }),
);

const pushList = named('PushList', z.object({ pushes: z.array(push) }));

export const startPushBody = named(
  'StartPush',
  z.strictObject({
    url: z
      .string()
      .min(1)
      .max(2_048)
      .describe(
        'Secret: `https://host/…` of a WHIP endpoint, `https://host/….m3u8` of an HLS playlist that is put there with its segments, `rtmp://host[:port]/application/key`, `rtmps://` the same, or `srt://host:port?streamid=…&passphrase=…`',
      ),
    token: z
      .string()
      .max(4_096)
      .default('')
      .describe('Secret: bearer token for WHIP and HLS; empty where none is wanted'),
  }),
);

export const listPushesQuery = z.strictObject({
  phoneId: z.string().default('').describe('Only those of this phone'),
});

export const pushRoutes: readonly RouteDoc[] = [
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/pushes',
    operationId: 'startPush',
    tag,
    summary: "Sends a phone's screen and sound to a server by WHIP, HLS, RTMP or SRT, until it is stopped",
    description:
      "The phone's own H.264, copied; its Opus goes as it is by WHIP (RFC 9725) and SRT, and as AAC by RTMP, which knows no Opus, and HLS (RFC 8216; fragmented MP4 by PUT and DELETE, six segments in the list). It tries again, ever slower, when the server goes away. Destinations inside (loopback, private, link-local) are refused unless the farm's operator allows them.",
    body: { schema: startPushBody },
    ok: { status: 201, description: 'The push; `state` tells later whether pictures go out', schema: push },
    errors: [
      'PHONE_NOT_FOUND',
      'DESTINATION_REFUSED',
      'SESSION_NOT_FOUND',
      'STREAM_FAILED',
      'EXEC_FAILED',
      'CAPACITY',
      'UNAVAILABLE',
    ],
  },
  {
    method: 'GET',
    path: '/v1/pushes',
    operationId: 'listPushes',
    tag,
    summary: "The caller's pushes, newest first",
    query: listPushesQuery,
    ok: {
      status: 200,
      description: 'Those under way, and for an hour those that have ended',
      schema: pushList,
    },
    errors: ['UNAVAILABLE'],
  },
  {
    method: 'DELETE',
    path: '/v1/pushes/{pushId}',
    operationId: 'stopPush',
    tag,
    summary: 'Ends a push and forgets it',
    ok: { status: 200, description: 'As it was at its end', schema: push },
    errors: ['PUSH_NOT_FOUND', 'UNAVAILABLE'],
  },
];
