import { describe, expect, it } from 'vitest';
import { corsConformance } from './cors-conformance.js';
import { iceLinks } from '../harness/ice-links.js';
import { fragment, PUBLISHER, PWD, RECEIVER, SECOND_PICTURE, UFRAG } from './offers.js';
import { FRAGMENT, type Opened, openWith, post, SDP } from './sdp-session.js';

/** What is tested: any endpoint of WHEP or WHIP. */
export interface SdpTarget {
  /** Asked anew for each test. */
  readonly endpoint: () => Promise<SdpEndpoint>;
}

export interface SdpEndpoint {
  readonly url: string;
  /** May open one session more. */
  readonly authorization: string;
  /** An Origin whose pages may use it; absent = what pages are let do is not asked. */
  readonly origin?: string;
  /** An Origin whose pages may not; absent = pages of everywhere may. */
  readonly stranger?: string;
  /** URLs of the ICE servers that a 201 names; absent = any, as long as they are named well. */
  readonly iceServers?: readonly string[];
}

/**
 * draft-ietf-wish-whep-04 from a player's side, as far as HTTP tells: to be run against any endpoint that sends H.264 and
 * Opus (`endpoint.test.ts`). No media flow; that is the business of a browser.
 */
export function whepConformance(target: SdpTarget): void {
  conformance(target, { offers: 'recvonly', answers: 'sendonly' });

  describe('of WHEP alone', () => {
    it('the endpoint is known by HEAD', async () => {
      const { url } = await target.endpoint();
      const answer = await fetch(url, { method: 'HEAD' });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^application\/sdp(?:;|$)/);
    });

    it('406 is said with an offer of its own, and otherwise not', async () => {
      const { url, authorization } = await target.endpoint();
      const answer = await post(url, authorization, RECEIVER.replaceAll(/H264|opus/g, 'H261'));
      if (answer.status !== 406) return;
      expect(answer.headers.get('content-type')).toContain(SDP);
      expect(answer.headers.get('location')).not.toBeNull();
    });
  });
}

/** RFC 9725 from a publisher's side, the same way: any endpoint that takes H.264 and Opus. */
export function whipConformance(target: SdpTarget): void {
  conformance(target, { offers: 'sendonly', answers: 'recvonly' });

  describe('of WHIP alone', () => {
    it.each([
      ['two pictures', `${PUBLISHER.replace('BUNDLE 0 1', 'BUNDLE 0 1 2')}${SECOND_PICTURE}`],
      ['a section of nobody’s codecs', PUBLISHER.replaceAll('H264', 'H261')],
    ])('refuses %s whole, by 400 or 422 (§4.4.2, §4.4.3)', async (_, offer) => {
      const { url, authorization } = await target.endpoint();
      expect([400, 422]).toContain((await post(url, authorization, offer)).status);
    });
  });
}

interface Directions {
  readonly offers: 'recvonly' | 'sendonly';
  readonly answers: 'recvonly' | 'sendonly';
}

function conformance(target: SdpTarget, { offers, answers }: Directions): void {
  const OFFER = RECEIVER.replaceAll('a=recvonly', `a=${offers}`);
  const open = (): Promise<Opened> => openWith(target, OFFER);

  describe('the endpoint', () => {
    it('answers OPTIONS with what can be posted, without credentials', async () => {
      const { url } = await target.endpoint();
      const answer = await fetch(url, { method: 'OPTIONS' });
      expect([200, 204]).toContain(answer.status);
      expect(answer.headers.get('accept-post')).toContain(SDP);
    });

    it('answers GET with nothing, and HEAD as GET', async () => {
      const { url, authorization } = await target.endpoint();
      const answer = await fetch(url, { headers: { authorization } });
      expect(answer.ok).toBe(true);
      expect(await answer.text()).toBe('');
      const head = await fetch(url, { method: 'HEAD', headers: { authorization } });
      expect(head.status).toBe(answer.status);
      expect(head.headers.get('content-type')).toBe(answer.headers.get('content-type'));
    });

    it('wants a bearer token', async () => {
      const { url } = await target.endpoint();
      const answer = await post(url, undefined, OFFER);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^bearer/i);
      expect((await post(url, 'Bearer nonsense', OFFER)).status).toBe(401);
    });

    it.each<[string, string, string]>([
      ['another media type', 'text/plain', OFFER],
      ['JSON', 'application/json', JSON.stringify({ type: 'offer', sdp: OFFER })],
      ['an empty body', SDP, ''],
      ['what is not SDP', SDP, 'hello'],
      ['an offer without sections', SDP, OFFER.slice(0, OFFER.indexOf('m='))],
      ['an offer without a fingerprint', SDP, OFFER.replaceAll(/a=fingerprint.*\r\n/g, '')],
      ['an offer without ICE', SDP, OFFER.replaceAll(/a=ice-.*\r\n/g, '')],
      ['an offer of the wrong direction', SDP, OFFER.replaceAll(`a=${offers}`, `a=${answers}`)],
      ['an offer of nobody’s codecs', SDP, OFFER.replaceAll(/H264|opus/g, 'H261')],
    ])('refuses %s with a 4xx', async (_, type, body) => {
      const { url, authorization } = await target.endpoint();
      const answer = await post(url, authorization, body, type);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers.get('location')).toBeNull();
    });

    it('answers an offer with 201, Location, a strong ETag and an answer that fits', async () => {
      const { answer, end } = await open();
      expect(answer.status).toBe(201);
      expect(answer.headers.get('content-type')).toContain(SDP);
      expect(answer.headers.get('location')).not.toBeNull();
      expect(answer.headers.get('etag')).toMatch(/^"[^"]+"$/);
      const text = await answer.text();
      expect(text).toMatch(/^v=0\r\n/);
      expect(text).toMatch(/^a=group:BUNDLE 0 1\r$/m);
      const sections = sectionsOf(text);
      expect(sections.map((section) => /^m=(\w+) (\d+)/.exec(section)?.[1])).toEqual(['audio', 'video']);
      for (const section of sections) {
        expect(section).toContain(`\r\na=${answers}\r\n`);
        expect(section).toContain('\r\na=rtcp-mux\r\n');
        expect(section).toMatch(/\r\na=setup:(?:passive|active)\r\n/);
        expect(section).toMatch(/\r\na=ice-ufrag:\S{4,}\r\n/);
        expect(section).toMatch(/\r\na=ice-pwd:\S{22,}\r\n/);
        expect(section).toMatch(/\r\na=fingerprint:sha-256 (?:[\dA-F]{2}:){31}[\dA-F]{2}\r\n/);
        expect(section).toMatch(/\r\na=candidate:\S+ 1 udp /i);
      }
      // One MediaStream of whoever sends, and payload types of the offer only.
      const streams = new Set([...text.matchAll(/a=msid:(\S+)/g)].map(([, stream]) => stream));
      expect(streams.size).toBe(answers === 'sendonly' ? 1 : 0);
      expect([...text.matchAll(/^m=\S+ \d+ \S+ (.*)\r$/gm)].map(([, payloads]) => payloads)).toEqual([
        '111',
        '109',
      ]);
      // Header extensions keep the offer's ids (RFC 8285 §5).
      for (const [line] of text.matchAll(/^a=extmap:\d+ \S+/gm)) expect(OFFER).toContain(line);
      await end();
    });

    it('names ICE servers by Link, with logins for TURN (RFC 9725 §4.6, the same of the draft)', async () => {
      const { iceServers } = await target.endpoint();
      const { answer, end } = await open();
      const links = iceLinks(answer.headers.get('link') ?? '');
      for (const { url, username, credential, credentialType } of links) {
        // RFC 7064 §3.1, RFC 7065 §3.1.
        expect(url).toMatch(/^(?:stuns?:[^?]+|turns?:[^?]+(?:\?transport=\w+)?)$/);
        if (!url.startsWith('turn')) continue;
        expect(username).not.toBe('');
        expect(credential).not.toBe('');
        // `password` where nothing is said.
        expect(['', 'password']).toContain(credentialType);
      }
      if (iceServers !== undefined) expect(links.map(({ url }) => url)).toEqual(iceServers);
      await end();
    });
  });

  corsConformance(target, OFFER);

  describe('a session', () => {
    it('answers OPTIONS and GET', async () => {
      const { session, authorization, end } = await open();
      const options = await fetch(session, { method: 'OPTIONS' });
      expect([200, 204]).toContain(options.status);
      const look = await fetch(session, { headers: { authorization } });
      expect(look.ok).toBe(true);
      expect(await look.text()).toBe('');
      await end();
    });

    it('takes candidates: 204, without an ETag', async () => {
      const { patch, etag, end } = await open();
      const answer = await patch(fragment(UFRAG, PWD), etag);
      expect(answer.status).toBe(204);
      expect(answer.headers.get('etag')).toBeNull();
      await end();
    });

    it('refuses a PATCH without a tag, with an old one, of another type, and without ICE', async () => {
      const { patch, etag, end } = await open();
      expect((await patch(fragment(UFRAG, PWD), undefined)).status).toBe(428);
      expect((await patch(fragment(UFRAG, PWD), '"of-another-time"')).status).toBe(412);
      for (const [body, type] of [
        [fragment(UFRAG, PWD), 'application/json'],
        [fragment(UFRAG, PWD), SDP],
        ['hello', FRAGMENT],
      ] as const) {
        const answer = await patch(body, etag, type);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
      }
      // None of these has ended it.
      expect((await patch(fragment(UFRAG, PWD), etag)).status).toBe(204);
      await end();
    });

    it('restarts ICE: 200, new credentials, a new ETag', async () => {
      const { patch, etag, end } = await open();
      const answer = await patch(fragment('ysXw', 'vw5LmwG4y/e6dPP/zAP9Gp5k'), '*');
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain(FRAGMENT);
      const text = await answer.text();
      expect(text).toMatch(/^a=ice-ufrag:\S{4,}\r$/m);
      expect(text).toMatch(/^a=ice-pwd:\S{22,}\r$/m);
      const renewed = answer.headers.get('etag');
      expect(renewed).toMatch(/^"[^"]+"$/);
      expect(renewed).not.toBe(etag);
      const candidates = fragment('ysXw', 'vw5LmwG4y/e6dPP/zAP9Gp5k');
      expect((await patch(candidates, etag)).status).toBe(412);
      expect((await patch(candidates, renewed ?? '')).status).toBe(204);
      await end();
    });

    it('ends by DELETE, whatever the tag, and is gone', async () => {
      const { session, authorization, patch } = await open();
      const remove = (): Promise<Response> =>
        fetch(session, { method: 'DELETE', headers: { authorization, 'if-match': '"of-another-time"' } });
      expect((await remove()).status).toBe(200);
      const again = await remove();
      expect(again.status).toBeGreaterThanOrEqual(400);
      expect(again.status).toBeLessThan(500);
      expect((await patch(fragment(UFRAG, PWD), '*')).status).toBe(404);
    });
  });
}

/** The m-sections of a description, each with the line break before its second line. */
function sectionsOf(text: string): string[] {
  return text.split(/(?=^m=)/m).slice(1);
}
