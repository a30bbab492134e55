import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Destinations } from './destinations.js';
import { WhipEndpoint } from './whip-endpoint.js';

interface Seen {
  readonly line: string;
  readonly type: string | undefined;
  readonly authorization: string | undefined;
  readonly host: string | undefined;
  readonly body: string;
}

let server: http.Server;
let base: string;
let seen: Seen[] = [];

/** Path → what is answered there. */
const answers: Readonly<Record<string, [number, Record<string, string>, string]>> = {
  '/whip/key?a=1': [201, { location: '/session/7', 'content-type': 'application/sdp' }, 'v=0 answer'],
  '/moved': [307, { location: '/whip/key?a=1' }, ''],
  '/round': [308, { location: '/round' }, ''],
  '/inside': [307, { location: 'http://127.0.0.2/whip' }, ''],
  '/busy': [503, { 'retry-after': '7' }, ''],
  '/full': [503, { 'retry-after': '86400' }, ''],
  '/dated': [503, { 'retry-after': 'Fri, 01 Jan 2027 00:00:00 GMT' }, ''],
  '/gone': [404, {}, 'no such stream'],
  '/no-location': [201, { 'content-type': 'application/sdp' }, 'v=0'],
  '/html': [201, { location: '/session/8', 'content-type': 'text/html' }, '<html>'],
  '/long': [201, { location: '/session/9', 'content-type': 'application/sdp' }, 'x'.repeat(100_000)],
  '/session/7': [200, {}, ''],
};

beforeAll(async () => {
  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const body = await text(request);
    const { method, url = '', headers } = request;
    const { authorization, host, 'content-type': type } = headers;
    seen.push({ line: `${method} ${url}`, type, authorization, host, body });
    const [status, head, said] = answers[url] ?? [500, {}, ''];
    response.writeHead(status, head).end(said);
  };
  server = http.createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const destinations = new Destinations(['127.0.0.1', '::1']).of('acme');
const endpoint = (path: string, token = 's3cret'): WhipEndpoint => {
  seen = [];
  return new WhipEndpoint(new URL(path, base), token, destinations);
};

describe('WhipEndpoint', () => {
  it('posts the offer with the token, and deletes the session where that is', async () => {
    const whip = endpoint('/whip/key?a=1');
    const reply = await whip.post('v=0 offer');
    expect(reply).toEqual({ kind: 'answer', sdp: 'v=0 answer', session: new URL('/session/7', base) });
    await whip.delete(new URL('/session/7', base));
    const common = { authorization: 'Bearer s3cret', host: new URL(base).host };
    expect(seen).toEqual([
      { ...common, line: 'POST /whip/key?a=1', type: 'application/sdp', body: 'v=0 offer' },
      { ...common, line: 'DELETE /session/7', type: undefined, body: '' },
    ]);
  });

  it('sends no Authorization when there is no token', async () => {
    await endpoint('/whip/key?a=1', '').post('v=0');
    expect(seen[0]?.authorization).toBeUndefined();
  });

  it('follows a redirect with the same method, body and token', async () => {
    expect(await endpoint('/moved').post('v=0 offer')).toMatchObject({ kind: 'answer', sdp: 'v=0 answer' });
    expect(seen.map(({ line, body, authorization }) => [line, body, authorization])).toEqual([
      ['POST /moved', 'v=0 offer', 'Bearer s3cret'],
      ['POST /whip/key?a=1', 'v=0 offer', 'Bearer s3cret'],
    ]);
  });

  it.each([
    ['/busy', 'answers 503', 7_000],
    ['/full', 'answers 503', 300_000],
    ['/dated', 'answers 503', 0],
    ['/gone', 'answers 404', 0],
    ['/no-location', 'without a Location', 0],
    ['/html', 'without SDP', 0],
  ])('says what %s answers', async (path, why, laterMs) => {
    expect(await endpoint(path).post('v=0')).toEqual({
      kind: 'refused',
      why: expect.stringContaining(why) as string,
      laterMs,
    });
  });

  it.each([
    ['/round', 'UNAVAILABLE', 'redirects more than 5 times'],
    ['/inside', 'DESTINATION_REFUSED', 'inside a network'],
    ['/long', 'UNAVAILABLE', 'more than 65536 bytes'],
  ])('gives up at %s', async (path, code, message) => {
    await expect(endpoint(path).post('v=0')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  it('takes its token from TLS to nowhere else', async () => {
    const whip = new WhipEndpoint(new URL('https://127.0.0.1/whip'), 's3cret', destinations);
    await expect(whip.delete(new URL('/session/7', base))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const clear = new WhipEndpoint(new URL('http://203.0.113.9/whip'), 's3cret', destinations);
    await expect(clear.post('v=0')).rejects.toMatchObject({ code: 'DESTINATION_REFUSED' });
  });
});
