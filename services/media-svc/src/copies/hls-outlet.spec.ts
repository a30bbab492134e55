import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { box, track, u32 } from '@ancloud/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HlsTarget, readPushUrl } from '../core/push-url.js';
import { Destinations } from '../io/destinations.js';
import { HlsOrigin } from '../io/hls-origin.js';
import { HlsOutlet } from './hls-outlet.js';

/** A web server that keeps what is put there. */
let server: http.Server;
let files: Map<string, string>;
let requests: string[];
let refuse: number | undefined;
/** Answers that are held back. */
let gate: Promise<void> | undefined;
let url: string;

beforeEach(async () => {
  files = new Map();
  requests = [];
  refuse = undefined;
  gate = undefined;
  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = request;
    const body = (await buffer(request)).toString('latin1');
    await gate;
    requests.push(`${method} ${path} ${headers.authorization ?? ''}`.trim());
    const name = path.split(/[/?]/)[2] ?? '';
    if (refuse !== undefined && method === 'PUT') return void response.writeHead(refuse).end();
    if (method === 'PUT') files.set(name, body);
    else if (method === 'DELETE') files.delete(name);
    const found = files.get(name);
    response
      .writeHead(method === 'GET' && found === undefined ? 404 : 200)
      .end(method === 'GET' ? found : '');
  };
  server = http.createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live/phone.m3u8?key=1`;
});
afterEach(() => server.close());

const head = Buffer.concat([box('ftyp', Buffer.from('isom')), box('moov', track(1, 1_000))]);
/** So many pictures of 100 ms. */
const fragment = (pictures: number, bytes = 10): Buffer =>
  Buffer.concat([
    box(
      'moof',
      box('traf', box('tfhd', u32(0x02_0008, 1, 100)), box('tfdt', u32(0, 0)), box('trun', u32(0, pictures))),
    ),
    box('mdat', Buffer.alloc(bytes)),
  ]);

const open = (token = 's3cret') => {
  const events = { sent: vi.fn<(frames: number) => void>(), failed: vi.fn<(reason: string) => void>() };
  const target = readPushUrl(url, token) as HlsTarget;
  const outlet = new HlsOutlet(
    new HlsOrigin(target, new Destinations(['127.0.0.1']).of('acme')),
    target.stem,
    events,
  );
  return { outlet, events };
};
const sent = (events: ReturnType<typeof open>['events'], frames: number): Promise<void> =>
  vi.waitFor(() => expect(events.sent.mock.lastCall?.[0]).toBe(frames), 5_000);
const list = (): string => files.get('phone.m3u8') ?? '';
const listed = (): string[] => list().match(/^phone-\d+\.m4s$/gm) ?? [];

describe('HlsOutlet', () => {
  it('puts a head, segments of one or more fragments, and a list that names what is there', async () => {
    const { outlet, events } = open();
    const write = outlet.begin();
    write(Buffer.concat([head, fragment(20), fragment(8)]));
    await sent(events, 20);
    write(fragment(9));
    await sent(events, 37);
    expect(listed()).toHaveLength(2);
    expect(list()).toMatch(/#EXTINF:2\.000,\n.*\n#EXTINF:1\.700,\n/);
    const [first = ''] = listed();
    expect([...files.keys()]).toEqual([
      first.replace('m4s', 'mp4'),
      ...listed().slice(0, 1),
      'phone.m3u8',
      listed()[1],
    ]);
    expect(requests.slice(0, 2)).toEqual([
      'GET /live/phone.m3u8?key=1 Bearer s3cret',
      `PUT /live/${first.replace('m4s', 'mp4')}?key=1 Bearer s3cret`,
    ]);
  });

  it('keeps six in the list, three more for who has read it, and one head', async () => {
    const { outlet, events } = open();
    const write = outlet.begin();
    write(head);
    for (let i = 1; i <= 20; i += 1) {
      write(fragment(20));
      await sent(events, i * 20);
    }
    await vi.waitFor(() => expect(files.size).toBe(6 + 3 + 2));
    expect(listed()).toHaveLength(6);
    outlet.close(true);
    await vi.waitFor(() => expect(files.size).toBe(6 + 2));
    expect(list()).toMatch(/#EXT-X-ENDLIST\n$/);
    for (const name of listed()) expect(files.has(name)).toBe(true);
  });

  it('tells another encoder by a discontinuity, and lets the head of the one before go with its last segment', async () => {
    const { outlet, events } = open();
    outlet.begin()(Buffer.concat([head, fragment(20)]));
    await sent(events, 20);
    const write = outlet.begin();
    write(Buffer.concat([head, fragment(20)]));
    await sent(events, 40);
    expect(list()).toMatch(/m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="phone-\d+\.mp4"\n/);
    for (let i = 3; i <= 12; i += 1) {
      write(fragment(20));
      await sent(events, i * 20);
    }
    await vi.waitFor(() => expect([...files.keys()].filter((name) => name.endsWith('.mp4'))).toHaveLength(1));
    expect(list()).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:1\n');
  });

  it('goes on where one that was killed stopped, and takes away what that left', async () => {
    const before = open();
    before.outlet.begin()(Buffer.concat([head, fragment(20), fragment(20), fragment(20)]));
    await sent(before.events, 60);
    const remains = listed();
    const { outlet, events } = open();
    const write = outlet.begin();
    write(Buffer.concat([head, fragment(20)]));
    await sent(events, 20);
    const number = (name: string | undefined): number => Number(/-(\d+)/.exec(name ?? '')?.[1]);
    expect(number(listed()[0])).toBeGreaterThan(number(remains.at(-1)));
    expect(list()).toContain('#EXT-X-DISCONTINUITY\n');
    for (let i = 2; i <= 10; i += 1) {
      write(fragment(20));
      await sent(events, i * 20);
    }
    await vi.waitFor(() => expect(remains.filter((name) => files.has(name))).toEqual([]));
    await vi.waitFor(() => expect(files.size).toBe(6 + 3 + 2));
  });

  it('ends the list of one that has failed, once, and leaves its segments; nobody else’s', async () => {
    const before = open();
    before.outlet.begin()(Buffer.concat([head, fragment(20), fragment(20)]));
    await sent(before.events, 40);
    const [names, there] = [[...files.keys()], list()];
    open().outlet.close(true);
    await vi.waitFor(() => expect(list()).toBe(`${there}#EXT-X-ENDLIST\n`));
    const asked = (times: number): Promise<void> =>
      vi.waitFor(() => expect(requests.filter((line) => line.startsWith('GET'))).toHaveLength(times));
    open().outlet.close(true);
    await asked(3);
    files.set('phone.m3u8', '#EXTM3U\n#EXTINF:2,\nother.m4s\n');
    open().outlet.close(true);
    await asked(4);
    expect(requests.filter((line) => line.startsWith('PUT /live/phone.m3u8'))).toHaveLength(3);
    expect([...files.keys()]).toEqual(names);
  });

  it.each([
    [403, 'the HLS destination answers 403 to PUT'],
    // Where a server sends us is nowhere that was checked.
    [307, 'the HLS destination answers 307 to PUT'],
  ])('fails once when the server answers %i', async (status, reason) => {
    refuse = status;
    const { outlet, events } = open();
    outlet.begin()(Buffer.concat([head, fragment(20), fragment(20)]));
    await vi.waitFor(() => expect(events.failed).toHaveBeenCalledWith(reason));
    outlet.close(true);
    expect(events.failed).toHaveBeenCalledTimes(1);
    expect(events.sent).not.toHaveBeenCalled();
  });

  it('holds a bounded part of what a slow server does not take', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const { outlet, events } = open();
    const write = outlet.begin();
    write(head);
    for (let i = 0; i < 40; i += 1) write(fragment(20, 1 << 20));
    expect(events.failed).toHaveBeenCalledWith('the destination does not take what is sent');
    resolve();
    outlet.close(false);
  });

  it('fails on what is no MP4, and when nobody answers', async () => {
    const { outlet, events } = open();
    outlet.begin()(Buffer.alloc(64));
    expect(events.failed).toHaveBeenCalledWith('ffmpeg wrote something that is no fragmented MP4');
    await new Promise((resolve) => server.close(resolve));
    const alone = open();
    await vi.waitFor(() =>
      expect(alone.events.failed).toHaveBeenCalledWith(expect.stringContaining('ECONNREFUSED')),
    );
  });
});
