import { codes } from '@ancloud/contracts';
import type { AppError } from '@ancloud/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { originAllowed, originRefused } from '../auth/request-auth.js';
import { FRAGMENT, SDP } from './whep-headers.js';

/** Time before another try, when it is not the caller's fault, s. */
const RETRY_AFTER_S = '1';
/** The same when what is to be watched is not there yet (409 of WHEP's draft, "Session Management"), s. */
const NOT_LIVE_RETRY_AFTER_S = '5';

/** A path of WHEP or WHIP, whether or not there is such a resource. */
export function isSdpPath(path: string): boolean {
  return /^\/v1\/wh[ei]p(?:[/?]|$)/.test(path);
}

/**
 * Pages of allowed Origins may use WHEP and WHIP, and whatever sends no Origin. To be called before the body is read: a page is told the
 * status of no answer without these headers, whoever gives it. Errors: ORIGIN_REFUSED.
 */
export function sdpCors(
  { headers: { origin } }: FastifyRequest,
  reply: FastifyReply,
  allowed: ReadonlySet<string>,
): void {
  void reply.header('vary', 'Origin');
  if (origin === undefined) return;
  if (!originAllowed(origin, allowed)) throw originRefused(origin);
  void reply
    .header('access-control-allow-origin', origin)
    .header('access-control-expose-headers', 'Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After')
    // Pages elsewhere read the answer: same-origin would keep it from them.
    .header('cross-origin-resource-policy', 'cross-origin');
}

/** What whoever is refused may do next. */
export function sdpRefused(reply: FastifyReply, error: AppError): void {
  const { http } = codes[error.code];
  if (http === 401) void reply.header('www-authenticate', 'Bearer');
  if (http >= 500 || http === 429) void reply.header('retry-after', RETRY_AFTER_S);
  if (http === 409) void reply.header('retry-after', NOT_LIVE_RETRY_AFTER_S);
  if (error.code === 'UNSUPPORTED_MEDIA')
    void reply.header('accept-post', SDP).header('accept-patch', FRAGMENT);
}
