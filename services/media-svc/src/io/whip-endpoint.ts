import type http from 'node:http';
import { AppError } from '@ancloud/kit';
import { MAX_SDP } from '../core/sdp.js';
import { type CheckedReply, checkedRequest } from './checked-request.js';
import type { Addresses } from './destinations.js';

const SDP = 'application/sdp';
/** RFC 9725 §4.5: a busy server sends its clients to another one. */
const REDIRECTS: ReadonlySet<number> = new Set([307, 308]);
const MAX_REDIRECTS = 5;
/** The longest that a server may put us off (Retry-After, RFC 9725 §4.5). */
const MAX_LATER_MS = 5 * 60_000;

/** What came of an offer. `session` is to be deleted at the end. */
export type WhipReply =
  | { readonly kind: 'answer'; readonly sdp: string; readonly session: URL }
  | { readonly kind: 'refused'; readonly why: string; readonly laterMs: number };

interface Reply extends CheckedReply {
  readonly url: URL;
}

/**
 * The HTTP half of a WHIP client (RFC 9725). Every address is checked before each request, also where a redirect or a session's URL
 * leads; the connection goes to the one that was checked. The token goes where the endpoint, which knows it, sends us, but never from TLS
 * to clear text.
 */
export class WhipEndpoint {
  readonly #endpoint: URL;
  readonly #token: string;
  readonly #destinations: Addresses;

  constructor(endpoint: URL, token: string, destinations: Addresses) {
    this.#endpoint = endpoint;
    this.#token = token;
    this.#destinations = destinations;
  }

  /** Errors: DESTINATION_REFUSED, UNAVAILABLE when nobody answers. */
  async post(offer: string): Promise<WhipReply> {
    const reply = await this.#ask('POST', this.#endpoint, offer);
    const { status, headers, body, url } = reply;
    const session = locationOf(headers, url);
    if (status === 201 && session !== null && String(headers['content-type']).startsWith(SDP))
      return { kind: 'answer', sdp: body, session };
    const why =
      status === 201
        ? 'the WHIP endpoint answers 201 without a Location or without SDP'
        : `the WHIP endpoint answers ${status}`;
    const seconds = Number(headers['retry-after'] ?? 0);
    return {
      kind: 'refused',
      why,
      laterMs: Number.isFinite(seconds) ? Math.min(seconds * 1_000, MAX_LATER_MS) : 0,
    };
  }

  /** Ends a session. Errors: as `post`. */
  async delete(session: URL): Promise<void> {
    await this.#ask('DELETE', session);
  }

  async #ask(verb: 'POST' | 'DELETE', first: URL, body?: string): Promise<Reply> {
    let url = first;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const reply = await this.#once(verb, url, body);
      if (!REDIRECTS.has(reply.status)) return reply;
      const next = locationOf(reply.headers, url);
      if (next === null) throw unavailable('the WHIP endpoint redirects to nowhere');
      url = next;
    }
    throw unavailable(`the WHIP endpoint redirects more than ${MAX_REDIRECTS} times`);
  }

  async #once(verb: string, url: URL, body: string | undefined): Promise<Reply> {
    const secure = url.protocol === 'https:';
    if (!secure && (url.protocol !== 'http:' || this.#endpoint.protocol === 'https:'))
      throw unavailable('the WHIP endpoint leads from https to something else');
    const reply = await checkedRequest(this.#destinations, {
      verb,
      url,
      headers: {
        accept: SDP,
        ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { 'content-type': SDP }),
      },
      ...(body === undefined ? {} : { body }),
      most: MAX_SDP,
      whom: 'the WHIP endpoint',
    });
    return { url, ...reply };
  }
}

function locationOf({ location }: http.IncomingHttpHeaders, url: URL): URL | null {
  return location === undefined ? null : URL.parse(location, url.href);
}

function unavailable(message: string): AppError {
  return new AppError('UNAVAILABLE', message, { field: 'url' });
}
