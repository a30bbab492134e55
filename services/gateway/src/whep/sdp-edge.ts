import { codes } from '@ancloud/contracts';
import { isAppError } from '@ancloud/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { originAllowed, originRefused } from '../auth/request-auth.js';
import { FRAGMENT, SDP } from './whep-headers.js';

/** Time before another try, when it is not the caller's fault, s. */
const RETRY_AFTER_S = '1';
/** The same when what is to be watched is not there yet (409 of WHEP's draft, "Session Management"), s. */
const NOT_LIVE_RETRY_AFTER_S = '5';

/**
 * What WHEP and WHIP have in common at the edge: pages of allowed Origins may use them (CORS), and whatever sends no Origin; refusals carry
 * what their caller may do next.
 */
export class SdpEdge {
  readonly #origins: ReadonlySet<string>;

  constructor(allowedOrigins: ReadonlySet<string>) {
    this.#origins = allowedOrigins;
  }

  async answer(request: FastifyRequest, reply: FastifyReply, serve: () => Promise<void>): Promise<void> {
    this.#cors(request, reply);
    try {
      await serve();
    } catch (error) {
      if (isAppError(error)) {
        const { http } = codes[error.code];
        if (http === 401) void reply.header('www-authenticate', 'Bearer');
        if (http >= 500 || http === 429) void reply.header('retry-after', RETRY_AFTER_S);
        if (http === 409) void reply.header('retry-after', NOT_LIVE_RETRY_AFTER_S);
        if (error.code === 'UNSUPPORTED_MEDIA')
          void reply.header('accept-post', SDP).header('accept-patch', FRAGMENT);
      }
      throw error;
    }
  }

  /** OPTIONS: what pages may do, and what can be sent. Errors: ORIGIN_REFUSED. */
  preflight(request: FastifyRequest, reply: FastifyReply, can: 'post' | 'patch'): void {
    const methods = can === 'post' ? 'OPTIONS, GET, POST' : 'OPTIONS, GET, PATCH, DELETE';
    this.#cors(request, reply);
    void reply
      .status(200)
      .header('allow', methods)
      .header('access-control-allow-methods', methods)
      .header('access-control-allow-headers', 'Authorization, Content-Type, If-Match')
      .header('access-control-max-age', '86400')
      .header(...accepts(can))
      .send();
  }

  /**
   * GET and HEAD of an endpoint of WHEP: nothing, of the type by which players that are only given a URL know what it is ("WHEP Endpoint URL
   * Discoverability" of the draft). Errors: ORIGIN_REFUSED.
   */
  found(request: FastifyRequest, reply: FastifyReply): void {
    this.#cors(request, reply);
    void reply
      .status(200)
      .type(SDP)
      .header(...accepts('post'))
      .send('');
  }

  /** GET: there is nothing to see, and that is no error (§4.1 of WHEP's draft). Errors: ORIGIN_REFUSED. */
  nothing(request: FastifyRequest, reply: FastifyReply, can: 'post' | 'patch'): void {
    this.#cors(request, reply);
    void reply
      .status(204)
      .header(...accepts(can))
      .send();
  }

  /** 201: a session has begun. */
  created(
    reply: FastifyReply,
    session: { location: string; etag: string; answer: string; links: string | undefined },
  ): void {
    const { location, etag, answer, links } = session;
    if (links !== undefined) void reply.header('link', links);
    void reply
      .status(201)
      .type(SDP)
      .header('location', location)
      .header('etag', etag)
      .header(...accepts('patch'))
      .send(answer);
  }

  /** 204 for candidates; 200 with the farm's new credentials when ICE begins anew. */
  patched(reply: FastifyReply, { fragment, etag }: { fragment: string; etag: string }): void {
    if (fragment === '') void reply.status(204).send();
    else void reply.status(200).type(FRAGMENT).header('etag', etag).send(fragment);
  }

  /** Errors: ORIGIN_REFUSED. */
  #cors({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
    void reply.header('vary', 'Origin');
    if (origin === undefined) return;
    if (!originAllowed(origin, this.#origins)) throw originRefused(origin);
    void reply
      .header('access-control-allow-origin', origin)
      .header('access-control-expose-headers', 'Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After')
      // Pages elsewhere read the answer: same-origin would keep it from them.
      .header('cross-origin-resource-policy', 'cross-origin');
  }
}

const accepts = (can: 'post' | 'patch'): [string, string] => [
  `accept-${can}`,
  can === 'post' ? SDP : FRAGMENT,
];
