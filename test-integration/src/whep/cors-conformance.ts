import { describe, expect, it, type TestContext } from 'vitest';
import type { SdpEndpoint, SdpTarget } from './conformance.js';
import { fragment, PWD, UFRAG } from './offers.js';
import { openWith, post } from './sdp-session.js';

/** An endpoint that is told of an Origin. */
type Shared = SdpEndpoint & { readonly origin: string };

/**
 * What a page of another Origin needs of WHEP and WHIP: both drafts have endpoints support CORS as the Fetch standard defines it, of
 * which this asks what a browser asks. All of it is left out where the target names no Origin.
 */
export function corsConformance(target: SdpTarget, offer: string): void {
  const shared = async ({ skip }: TestContext): Promise<Shared> => {
    const endpoint = await target.endpoint();
    const { origin } = endpoint;
    return origin === undefined
      ? skip('no Origin was named whose pages may use it')
      : { ...endpoint, origin };
  };

  describe('to a page of an Origin that may', () => {
    it('the preflight of an offer lets it go, without credentials, and names no ICE servers', async (context) => {
      const { url, origin } = await shared(context);
      const answer = await preflight(url, origin, 'POST', ['authorization', 'content-type']);
      lets(answer, origin, 'POST', ['authorization', 'content-type']);
      // To make a login may cost the endpoint something: none for a preflight (RFC 9725 §4.6).
      expect(answer.headers.get('link')).toBeNull();
    });

    it.for(['PATCH', 'DELETE'])('the preflight of a session’s %s lets it go', async (method, context) => {
      const { origin } = await shared(context);
      const { session, end } = await openWith(target, offer, { origin });
      const headers = ['authorization', 'content-type', 'if-match'];
      lets(await preflight(session, origin, method, headers), origin, method, headers);
      await end();
    });

    it('Location, ETag and Link of the 201 can be read', async (context) => {
      const { origin } = await shared(context);
      const { answer, end } = await openWith(target, offer, { origin });
      shows(answer, origin, ['location', 'etag']);
      if (answer.headers.get('link') !== null) shows(answer, origin, ['link']);
      await end();
    });

    it('the ETag of an ICE session that begins anew can be read', async (context) => {
      const { origin } = await shared(context);
      const { patch, end } = await openWith(target, offer, { origin });
      const answer = await patch(fragment('ysXw', 'vw5LmwG4y/e6dPP/zAP9Gp5k'), '*');
      expect(answer.status).toBe(200);
      shows(answer, origin, ['etag']);
      await end();
    });

    it('refusals can be read, and what a session answers', async (context) => {
      const { url, authorization, origin } = await shared(context);
      shows(await post(url, undefined, offer, undefined, { origin }), origin, []);
      shows(await post(url, authorization, 'hello', undefined, { origin }), origin, []);
      const { session, patch, etag, end } = await openWith(target, offer, { origin });
      shows(await patch(fragment(UFRAG, PWD), etag), origin, []);
      shows(await patch(fragment(UFRAG, PWD), '"of-another-time"'), origin, []);
      await end();
      const again = await fetch(session, { method: 'DELETE', headers: { authorization, origin } });
      shows(again, origin, []);
    });
  });

  it('to a page of an Origin that may not nothing is shown', async (context) => {
    const { url, authorization, stranger } = await target.endpoint();
    if (stranger === undefined) return context.skip('no Origin was named whose pages may not use it');
    for (const answer of [
      await preflight(url, stranger, 'POST', ['authorization', 'content-type']),
      await post(url, authorization, offer, undefined, { origin: stranger }),
    ])
      expect([stranger, '*']).not.toContain(answer.headers.get('access-control-allow-origin'));
  });
}

/** As a browser asks before it sends a request that no form could send (Fetch, "CORS-preflight fetch"). */
function preflight(
  url: string,
  origin: string,
  method: string,
  headers: readonly string[],
): Promise<Response> {
  return fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': headers.join(','),
    },
  });
}

/** What such an answer must have. `*` covers every method and every header but Authorization. */
function lets(answer: Response, origin: string, method: string, headers: readonly string[]): void {
  expect(answer.ok).toBe(true);
  shows(answer, origin, []);
  const methods = valuesOf(answer, 'access-control-allow-methods');
  // POST goes without being named; methods are compared by case.
  if (method !== 'POST') expect(methods.includes('*') ? [method] : methods).toContain(method);
  const allowed = valuesOf(answer, 'access-control-allow-headers').map((name) => name.toLowerCase());
  for (const header of headers)
    if (header === 'authorization' || !allowed.includes('*')) expect(allowed).toContain(header);
}

/** That a page of the Origin may read the answer, and those of its headers that pages are not shown by themselves. */
function shows(answer: Response, origin: string, headers: readonly string[]): void {
  const allowed = answer.headers.get('access-control-allow-origin');
  expect([origin, '*']).toContain(allowed);
  // A cache must not show another Origin's pages what was meant for this one's.
  if (allowed !== '*') expect(valuesOf(answer, 'vary').map((name) => name.toLowerCase())).toContain('origin');
  const exposed = valuesOf(answer, 'access-control-expose-headers').map((name) => name.toLowerCase());
  for (const header of headers) if (!exposed.includes('*')) expect(exposed).toContain(header);
}

const valuesOf = (answer: Response, header: string): string[] =>
  (answer.headers.get(header) ?? '').split(',').map((value) => value.trim());
