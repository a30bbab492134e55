import type { ErrorCode } from '@ancloud/contracts';
import type { RouteDoc } from '../api/route-doc.js';
import { FRAGMENT, SDP } from './whep-headers.js';

/** What differs between WHEP and WHIP. */
export interface SdpRoutes {
  readonly tag: 'whep' | 'whip';
  /** Whose token is shown: the operation that makes it. */
  readonly tokenOf: string;
  readonly summary: string;
  readonly description: string;
  /** What the offer must be. */
  readonly offer: string;
  readonly query?: NonNullable<RouteDoc['query']>;
  /** Beyond those of any offer. */
  readonly refusals: readonly ErrorCode[];
  /** The answer to GET of the endpoint. */
  readonly look: RouteDoc['ok'];
  /** There is no such session. */
  readonly unknown: ErrorCode;
}

/** What GET answers where nothing can be found out by it. */
export const nothing: RouteDoc['ok'] = { status: 204, description: 'Nothing' };

/** The routes of one protocol that answers SDP. Open to the API's credentials: a token of its own is asked for by its controller. */
export function sdpRoutes(options: SdpRoutes): readonly RouteDoc[] {
  const { tag, tokenOf, summary, description, offer, refusals, look, unknown } = options;
  const name = tag === 'whep' ? 'Whep' : 'Whip';
  const common = { tag, open: true } as const;
  const query = options.query === undefined ? {} : { query: options.query };
  const headers = { authorization: `Bearer and the token of ${tokenOf}` };
  const known: readonly ErrorCode[] = ['UNAUTHENTICATED', 'TOKEN_INVALID', unknown];
  const looks = (path: string, id: string, what: string, ok: RouteDoc['ok']): RouteDoc[] => [
    {
      ...common,
      method: 'OPTIONS',
      path,
      operationId: `${id[0]?.toLowerCase()}${id.slice(1)}Options`,
      summary: `CORS, and what can be ${what}`,
      ok: { status: 200, description: 'Headers' },
      errors: ['ORIGIN_REFUSED'],
    },
    {
      ...common,
      method: 'GET',
      path,
      operationId: `lookAt${id}`,
      summary: 'Nothing, without an error, as the protocol wants it',
      ok,
      errors: ['ORIGIN_REFUSED'],
    },
  ];
  return [
    {
      ...common,
      method: 'POST',
      path: `/v1/${tag}`,
      operationId: `create${name}Session`,
      summary,
      description: `${description} Location is the session's URL, ETag its ICE session, Link the ICE servers.`,
      ...query,
      headers,
      body: { mediaType: SDP, description: `${offer}, at most 64 KiB` },
      ok: { status: 201, description: 'The SDP answer', mediaType: SDP },
      errors: [
        'UNAUTHENTICATED',
        'TOKEN_INVALID',
        'TOKEN_EXPIRED',
        'RATE_LIMITED',
        'PHONE_NOT_FOUND',
        ...refusals,
        'SDP_INVALID',
        'CODEC_UNSUPPORTED',
        'STREAM_FAILED',
        'CAPACITY',
        'UNAVAILABLE',
        'DEADLINE_EXCEEDED',
        'ORIGIN_REFUSED',
      ],
    },
    ...looks(`/v1/${tag}`, name, 'posted', look),
    {
      ...common,
      method: 'PATCH',
      path: `/v1/${tag}/{session}`,
      operationId: `patch${name}Session`,
      summary: 'Trickles candidates, or restarts ICE',
      description:
        'Candidates: 204. Other ICE credentials than before restart ICE: 200 with the new ones of the farm and a new ETag.',
      ...query,
      headers: { ...headers, 'if-match': "The newest ETag, or '*' to restart ICE" },
      body: { mediaType: FRAGMENT, description: 'An SDP fragment (RFC 8840), at most 64 KiB' },
      ok: { status: 200, description: 'The new ICE session', mediaType: FRAGMENT },
      errors: [
        ...known,
        'SDP_INVALID',
        'ETAG_MISSING',
        'ETAG_MISMATCH',
        'RATE_LIMITED',
        'UNAVAILABLE',
        'ORIGIN_REFUSED',
      ],
    },
    {
      ...common,
      method: 'DELETE',
      path: `/v1/${tag}/{session}`,
      operationId: `delete${name}Session`,
      summary: 'Ends a session',
      ...query,
      headers,
      ok: { status: 200, description: 'Ended' },
      errors: [...known, 'UNAVAILABLE', 'ORIGIN_REFUSED'],
    },
    ...looks(`/v1/${tag}/{session}`, `${name}Session`, 'patched', nothing),
  ];
}
