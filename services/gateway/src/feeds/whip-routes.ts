import type { RouteDoc } from '../api/route-doc.js';
import { FRAGMENT, SDP } from '../whep/whep-headers.js';

const common = { tag: 'whip', open: true } as const;
const headers = { authorization: 'Bearer and the token of createFeed' };

/** Open to the API's credentials: a feed's token is asked for instead, by whip.controller.ts. */
export const whipRoutes: readonly RouteDoc[] = [
  {
    ...common,
    method: 'POST',
    path: '/v1/whip',
    operationId: 'createWhipSession',
    summary: 'Sends a camera or a microphone to a phone from any WHIP publisher',
    description:
      "RFC 9725. The token says to which phone and is used up. Location is the session's URL, ETag its ICE session, Link the ICE servers.",
    headers,
    body: { mediaType: SDP, description: 'An SDP offer that sends H.264, Opus or both, at most 64 KiB' },
    ok: { status: 201, description: 'The SDP answer', mediaType: SDP },
    errors: [
      'UNAUTHENTICATED',
      'TOKEN_INVALID',
      'TOKEN_EXPIRED',
      'TOKEN_USED',
      'PHONE_NOT_FOUND',
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
    path: '/v1/whip',
    operationId: 'whipOptions',
    summary: 'CORS, and what can be posted',
    ok: { status: 200, description: 'Headers' },
    errors: ['ORIGIN_REFUSED'],
  },
  {
    ...common,
    method: 'GET',
    path: '/v1/whip',
    operationId: 'lookAtWhip',
    summary: 'Nothing, without an error',
    ok: { status: 204, description: 'Nothing' },
    errors: ['ORIGIN_REFUSED'],
  },
  {
    ...common,
    method: 'PATCH',
    path: '/v1/whip/{session}',
    operationId: 'patchWhipSession',
    summary: 'Trickles candidates, or restarts ICE',
    description:
      'Candidates: 204. Other ICE credentials than before restart ICE: 200 with the new ones of the farm and a new ETag.',
    headers: { ...headers, 'if-match': "The newest ETag, or '*' to restart ICE" },
    body: { mediaType: FRAGMENT, description: 'An SDP fragment (RFC 8840), at most 64 KiB' },
    ok: { status: 200, description: 'The new ICE session', mediaType: FRAGMENT },
    errors: [
      'UNAUTHENTICATED',
      'TOKEN_INVALID',
      'FEED_NOT_FOUND',
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
    path: '/v1/whip/{session}',
    operationId: 'deleteWhipSession',
    summary: 'Ends a session',
    headers,
    ok: { status: 200, description: 'Ended' },
    errors: ['UNAUTHENTICATED', 'TOKEN_INVALID', 'FEED_NOT_FOUND', 'UNAVAILABLE', 'ORIGIN_REFUSED'],
  },
  {
    ...common,
    method: 'OPTIONS',
    path: '/v1/whip/{session}',
    operationId: 'whipSessionOptions',
    summary: 'CORS, and what can be patched',
    ok: { status: 200, description: 'Headers' },
    errors: ['ORIGIN_REFUSED'],
  },
  {
    ...common,
    method: 'GET',
    path: '/v1/whip/{session}',
    operationId: 'lookAtWhipSession',
    summary: 'Nothing, without an error',
    ok: { status: 204, description: 'Nothing' },
    errors: ['ORIGIN_REFUSED'],
  },
];
