import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { AppError } from '@ancloud/kit';
import type { Addresses } from './destinations.js';

/** Of one request, with its answer. */
const ANSWER_MS = 10_000;

export interface CheckedRequest {
  readonly verb: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Longest answer, bytes. */
  readonly most: number;
  /** For people: who is asked, `the WHIP endpoint`. */
  readonly whom: string;
}

export interface CheckedReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/**
 * One HTTP request to a server that a caller of the API has named: its address is checked, and the connection goes to the one that was
 * checked. Redirects are the caller's. Errors: DESTINATION_REFUSED, UNAVAILABLE when nobody answers.
 */
export async function checkedRequest(
  destinations: Addresses,
  { verb, url, headers, body, most, whom }: CheckedRequest,
): Promise<CheckedReply> {
  const secure = url.protocol === 'https:';
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const address = await destinations.addressOf(name, { clear: !secure });
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
      ...headers,
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
    agent: false,
    signal,
  });
  request.once('response', resolve).once('error', reject);
  // A server that changes the protocol gives no answer and makes no error, and with the connection the limit of time ends.
  request.once('close', () => reject(new Error('the connection ended without an answer')));
  request.end(body);
  try {
    const response = await promise;
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) response.destroy(new Error(`an answer of more than ${most} bytes`));
    });
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  } catch (cause) {
    // What Node says names address and port, and no path.
    const how = signal.aborted ? `nothing within ${ANSWER_MS / 1_000} s` : (cause as Error).message;
    throw new AppError('UNAVAILABLE', `${whom} does not answer: ${how}`, { field: 'url', cause });
  }
}
