import { feedIdPattern } from '@ancloud/contracts';
import { z } from 'zod';
import type { RouteDoc } from '../api/route-doc.js';
import { FRAGMENT, SDP } from './whep-headers.js';

const common = { tag: 'whep', open: true } as const;
const TOKEN = 'Bearer and the token of createViewer';
const query = z.object({
  feed: z
    .string()
    .regex(feedIdPattern)
    .optional()
    .describe('A feed of the phone, to be watched instead of its screen'),
});

/** Open to the API's credentials: a viewer's token is asked for instead, by whep.controller.ts. */
export const whepRoutes: readonly RouteDoc[] = [
  {
    ...common,
    method: 'POST',
    path: '/v1/whep',
    operationId: 'createWhepSession',
    summary: 'Plays a phone in any WHEP player',
    description:
      "draft-ietf-wish-whep-04. The token says which phone and is used up; a role of 'control' watches only. Location is the session's URL, ETag its ICE session, Link the ICE servers.",
    query,
    headers: { authorization: TOKEN },
    body: { mediaType: SDP, description: 'An SDP offer that receives H.264 (and Opus), at most 64 KiB' },
    ok: { status: 201, description: 'The SDP answer', mediaType: SDP },
    errors: [
      'UNAUTHENTICATED',
      'TOKEN_INVALID',
      'TOKEN_EXPIRED',
      'TOKEN_USED',
      'VIEWER_REVOKED',
      'PHONE_NOT_FOUND',
      'FEED_NOT_FOUND',
      'SESSION_NOT_FOUND',
      'SDP_INVALID',
      'CODEC_UNSUPPORTED',
      'STREAM_FAILED',
      'CAPACITY',
      'UNAVAILABLE',
      'DEADLINE_EXCEEDED',
      'ORIGIN_REFUSED',
    ],
  },
  {
    ...common,
    method: 'OPTIONS',
    path: '/v1/whep',
    operationId: 'whepOptions',
    summary: 'CORS, and what can be posted',
    ok: { status: 200, description: 'Headers' },
    errors: ['ORIGIN_REFUSED'],
  },
  {
    ...common,
    method: 'GET',
    path: '/v1/whep',
    operationId: 'lookAtWhep',
    summary: 'Nothing, without an error, as the draft wants it',
    ok: { status: 204, description: 'Nothing' },
    errors: ['ORIGIN_REFUSED'],
  },
  {
    ...common,
    method: 'PATCH',
    path: '/v1/whep/{session}',
    operationId: 'patchWhepSession',
    summary: 'Trickles candidates, or restarts ICE',
    description:
      'Candidates: 204. Other ICE credentials than before restart ICE: 200 with the new ones of the farm and a new ETag.',
    query,
    headers: { authorization: TOKEN, 'if-match': "The newest ETag, or '*' to restart ICE" },
    body: { mediaType: FRAGMENT, description: 'An SDP fragment (RFC 8840), at most 64 KiB' },
    ok: { status: 200, description: 'The new ICE session', mediaType: FRAGMENT },
    errors: [
      'UNAUTHENTICATED',
      'TOKEN_INVALID',
      'VIEWER_NOT_FOUND',
      'SDP_INVALID',
      'ETAG_MISSING',
      'ETAG_MISMATCH',
      'UNAVAILABLE',
      'ORIGIN_REFUSED',
    ],
  },
  {
    ...common,
    method: 'DELETE',
    path: '/v1/whep/{session}',
    operationId: 'deleteWhepSession',
    summary: 'Ends a session',
    query,
    headers: { authorization: TOKEN },
    ok: { status: 200, description: 'Ended' },
    errors: ['UNAUTHENTICATED', 'TOKEN_INVALID', 'VIEWER_NOT_FOUND', 'UNAVAILABLE', 'ORIGIN_REFUSED'],
  },
  {
    ...common,
    method: 'OPTIONS',
    path: '/v1/whep/{session}',
    operationId: 'whepSessionOptions',
    summary: 'CORS, and what can be patched',
    ok: { status: 200, description: 'Headers' },
    errors: ['ORIGIN_REFUSED'],
  },
  {
    ...common,
    method: 'GET',
    path: '/v1/whep/{session}',
    operationId: 'lookAtWhepSession',
    summary: 'Nothing, without an error, as the draft wants it',
    ok: { status: 204, description: 'Nothing' },
    errors: ['ORIGIN_REFUSED'],
  },
];
