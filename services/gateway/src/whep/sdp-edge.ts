import { codes } from '@ancloud/contracts';
import { isAppError } from '@ancloud/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { originAllowed, originRefused } from '../auth/request-auth.js';
import { FRAGMENT, SDP } from './whep-headers.js';

/** Time before another try, when it is not the caller's fault, s. */
const RETRY_AFTER_S = '1';

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
    this.cors(request, reply);
    try {
      await serve();
    } catch (error) {
      if (isAppError(error)) {
        const { http } = codes[error.code];
        if (http === 401) void reply.header('www-authenticate', 'Bearer');
        if (http >= 500) void reply.header('retry-after', RETRY_AFTER_S);
        if (error.code === 'UNSUPPORTED_MEDIA')
          void reply.header('accept-post', SDP).header('accept-patch', FRAGMENT);
      }
      throw error;
    }
  }

  /** Errors: ORIGIN_REFUSED. */
  cors({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
    void reply.header('vary', 'Origin');
    if (origin === undefined) return;
    if (!originAllowed(origin, this.#origins)) throw originRefused(origin);
    void reply
      .header('access-control-allow-origin', origin)
      .header('access-control-expose-headers', 'Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After')
      // Pages elsewhere read the answer: same-origin would keep it from them.
      .header('cross-origin-resource-policy', 'cross-origin');
  }

  preflight(request: FastifyRequest, reply: FastifyReply, methods: string): void {
    this.cors(request, reply);
    void reply
      .header('allow', methods)
      .header('access-control-allow-methods', methods)
      .header('access-control-allow-headers', 'Authorization, Content-Type, If-Match')
      .header('access-control-max-age', '86400');
  }
}
