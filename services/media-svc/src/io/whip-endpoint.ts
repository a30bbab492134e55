import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { AppError } from '@ancloud/kit';
import { MAX_SDP } from '../core/sdp.js';
import type { Destinations } from './destinations.js';

const SDP = 'application/sdp';
/** RFC 9725 §4.5: a busy server sends its clients to another one. */
const REDIRECTS: ReadonlySet<number> = new Set([307, 308]);
const MAX_REDIRECTS = 5;
/** Of one request, with its answer. */
const ANSWER_MS = 10_000;
/** The longest that a server may put us off (Retry-After, RFC 9725 §4.5). */
const MAX_LATER_MS = 5 * 60_000;

/** What came of an offer. `session` is to be deleted at the end. */
export type WhipReply =
  | { readonly kind: 'answer'; readonly sdp: string; readonly session: URL }
  | { readonly kind: 'refused'; readonly why: string; readonly laterMs: number };

interface Reply {
  readonly url: URL;
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/**
 * The HTTP half of a WHIP client (RFC 9725). Every address is checked before each request, also where a redirect or a session's URL
 * leads; the connection goes to the one that was checked. The token goes where the endpoint, which knows it, sends us, but never from TLS
 * to clear text.
 */
export class WhipEndpoint {
  readonly #endpoint: URL;
  readonly #token: string;
  readonly #destinations: Destinations;

  constructor(endpoint: URL, token: string, destinations: Destinations) {
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
    const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const address = await this.#destinations.addressOf(name, { clear: !secure });
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    const signal = AbortSignal.timeout(ANSWER_MS);
    const request = (secure ? https : http).request({
      method: verb,
      host: address,
      ...(url.port === '' ? {} : { port: url.port }),
      path: `${url.pathname}${url.search}`,
      // The certificate is held against the name.
      ...(secure ? { servername: name } : {}),
      headers: {
        host: url.host,
        accept: SDP,
        ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { 'content-type': SDP, 'content-length': Buffer.byteLength(body) }),
      },
      agent: false,
      signal,
    });
    request.once('response', resolve).once('error', reject);
    request.end(body);
    try {
      const response = await promise;
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_SDP) response.destroy(new Error(`an answer of more than ${MAX_SDP} bytes`));
      });
      return { url, status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
    } catch (cause) {
      // What Node says names address and port, and no path.
      const how = signal.aborted ? `nothing within ${ANSWER_MS / 1_000} s` : (cause as Error).message;
      throw unavailable(`the WHIP endpoint does not answer: ${how}`, cause);
    }
  }
}

function locationOf({ location }: http.IncomingHttpHeaders, url: URL): URL | null {
  return location === undefined ? null : URL.parse(location, url.href);
}

function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('UNAVAILABLE', message, { field: 'url', ...(cause === undefined ? {} : { cause }) });
}
