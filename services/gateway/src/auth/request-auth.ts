import { AppError, isAppError } from '@ancloud/kit';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from './authenticator.js';
import type { AuthFailures } from './failures.js';
import type { Principal } from './principal.js';

export const COOKIE = 'ancloud_session';

const principals = new WeakMap<object, Principal>();

/** The session secret in a Cookie header; undefined when there is none. */
export function sessionCookie(header: string | undefined): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === COOKIE) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** What an Origin header means; requests that no browser makes have none. */
export function originAllowed(origin: string | undefined, allowed: ReadonlySet<string>): boolean {
  return origin !== undefined && allowed.has(origin.toLowerCase());
}

export function originRefused(origin: string | undefined): AppError {
  return new AppError(
    'ORIGIN_REFUSED',
    origin === undefined ? 'the request has no Origin' : 'the Origin is not allowed',
    {
      field: 'origin',
      ...(origin === undefined ? {} : { value: origin }),
      fix: "add it to ANCLOUD_ALLOWED_ORIGINS, or open the console by the farm's public URL",
    },
  );
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Credentials of a request, before its body is read. An Authorization header wins; else the console's cookie, which browsers
 * send by themselves: so a changing request with it must come from our own pages (Origin, on top of SameSite=Strict).
 */
export class RequestAuth {
  readonly #authenticator: Authenticator;
  readonly #failures: AuthFailures;
  /** Origins of the farm's own pages. */
  readonly ownOrigins: ReadonlySet<string>;

  constructor(authenticator: Authenticator, failures: AuthFailures, ownOrigins: ReadonlySet<string>) {
    this.#authenticator = authenticator;
    this.#failures = failures;
    this.ownOrigins = ownOrigins;
  }

  /** Errors: UNAUTHENTICATED, RATE_LIMITED, ORIGIN_REFUSED, UNAVAILABLE_STATE. */
  async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    try {
      principals.set(request, await this.#principal(request));
    } catch (error) {
      if (!isAppError(error, 'UNAUTHENTICATED')) throw error;
      this.refuse(request.ip, error, reply);
    }
  }

  /** Counts a wrong credential of `ip` and throws. */
  refuse(ip: string, error: unknown, reply: FastifyReply): never {
    const verdict = this.#failures.count(ip, error);
    if (verdict.retryAfterMs > 0) void reply.header('retry-after', Math.ceil(verdict.retryAfterMs / 1000));
    throw verdict.error;
  }

  async #principal({ headers, method }: FastifyRequest): Promise<Principal> {
    const cookie = sessionCookie(headers.cookie);
    if (headers.authorization !== undefined || cookie === undefined)
      return this.#authenticator.byHeader(headers.authorization);
    if (!SAFE.has(method) && !originAllowed(headers.origin, this.ownOrigins))
      throw originRefused(headers.origin);
    return this.#authenticator.byConsoleSession(cookie);
  }
}

/** Who asks. Only for routes that are not `open`. */
export function principalOf(request: object): Principal {
  const principal = principals.get(request);
  if (principal === undefined)
    throw new AppError('UNAUTHENTICATED', 'the request has no principal', { field: 'authorization' });
  return principal;
}

/** Parameter of a controller's method: the principal of its request. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  principalOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
