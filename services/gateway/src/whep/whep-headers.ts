import type { viewer } from '@ancloud/contracts';
import { AppError } from '@ancloud/kit';

export const SDP = 'application/sdp';
export const FRAGMENT = 'application/trickle-ice-sdpfrag';

/** The bearer token of an Authorization header (RFC 6750 §2.1). Errors: UNAUTHENTICATED. */
export function bearer(header: string | undefined): string {
  const token = /^bearer +([\w.~+/-]+=*)$/i.exec(header ?? '')?.[1];
  if (token !== undefined) return token;
  throw new AppError('UNAUTHENTICATED', 'the request has no bearer token', {
    field: 'authorization',
    fix: "send 'Authorization: Bearer …' with the token of 'create viewer', for WHIP of 'create feed'",
  });
}

/** The body, when it came under `type`. Errors: UNSUPPORTED_MEDIA. */
export function bodyOf(type: string, contentType: string | undefined, body: unknown): string {
  const got = (contentType ?? '').split(';')[0]?.trim().toLowerCase();
  if (got === type && typeof body === 'string') return body;
  throw new AppError('UNSUPPORTED_MEDIA', `the body is not ${type}`, {
    field: 'content-type',
    value: contentType ?? '',
    fix: `send it with 'Content-Type: ${type}'`,
  });
}

/** Errors: ETAG_MISSING. */
export function ifMatchOf(header: string | undefined): string {
  if (header !== undefined && header.trim() !== '') return header;
  throw new AppError('ETAG_MISSING', 'the request has no If-Match', {
    field: 'if-match',
    fix: "send the ETag of the newest answer, or '*' to restart ICE",
  });
}

/** ICE servers as RFC 9725 §4.6 writes them; undefined when there are none. */
export function iceServerLinks(servers: readonly viewer.IceServer[]): string | undefined {
  const links = servers.flatMap(({ urls, username, credential }) =>
    urls.map((url) => {
      const login =
        username === undefined || credential === undefined
          ? ''
          : `; username=${quoted(username)}; credential=${quoted(credential)}; credential-type="password"`;
      return `<${url}>; rel="ice-server"${login}`;
    }),
  );
  return links.length === 0 ? undefined : links.join(', ');
}

/** RFC 9110 §5.6.4. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
