import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readOffer } from '../core/whep-offer.js';
import { CHROMIUM } from '../core/whep-offer.fixture.js';
import type { ViewerTransport } from '../workers/transport-options.js';
import { IceSession } from './ice-session.js';

let restarts: number;
let session: IceSession;
let transport: ViewerTransport & EventEmitter & { dtlsState: string };
let ended: string[];

beforeEach(() => {
  vi.useFakeTimers();
  restarts = 0;
  ended = [];
  transport = Object.assign(new EventEmitter(), {
    dtlsState: 'new',
    iceParameters: { usernameFragment: 'farm', password: 'p'.repeat(22), iceLite: true },
    iceCandidates: [
      {
        foundation: 'udpcandidate',
        priority: 1_076_302_079,
        address: '192.0.2.1',
        ip: '192.0.2.1',
        protocol: 'udp',
        port: 7300,
        type: 'host',
      },
    ],
    appData: { announced: ['192.0.2.1', '2001:db8::1'] },
    restartIce() {
      restarts += 1;
      return Promise.resolve({
        usernameFragment: `farm${restarts}`,
        password: 'p'.repeat(22),
        iceLite: true,
      });
    },
    close: () => undefined,
  }) as unknown as typeof transport;
  session = new IceSession(transport, readOffer(CHROMIUM), (reason) => ended.push(reason));
});
afterEach(() => {
  session.close();
  vi.useRealTimers();
});

const restart = (at: number): Promise<unknown> =>
  session.patch('*', `a=ice-ufrag:viewer${at}\r\na=ice-pwd:${'q'.repeat(22)}\r\n`);

it('an ICE restart answers for the whole bundle, under a new tag', async () => {
  const { fragment, etag } = await session.patch(
    '*',
    `a=ice-ufrag:viewer\r\na=ice-pwd:${'q'.repeat(22)}\r\n`,
  );
  expect(etag).toBe('"farm1"');
  expect(fragment).toMatch(/^a=group:BUNDLE 0 1\r$/m);
  expect(fragment).toMatch(/^a=mid:0\r$/m);
  expect(fragment.match(/^a=candidate:.*$/gm)).toEqual([
    'a=candidate:udpcandidate 1 udp 1076302079 192.0.2.1 7300 typ host',
    'a=candidate:udpcandidate1 1 udp 1076301823 2001:db8::1 7300 typ host',
  ]);
});

it('a flood of restarts is refused, and what comes later is taken', async () => {
  const flood = await Promise.allSettled(Array.from({ length: 100 }, (_, at) => restart(at)));
  const refused = flood.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(60);
  expect(restarts).toBe(40);
  await expect(restart(100)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  vi.advanceTimersByTime(1_000);
  await restart(101);
  await restart(102);
  await expect(restart(103)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
});

it.each([
  ['icestatechange', 'disconnected', 'the other side is gone'],
  ['dtlsstatechange', 'failed', 'DTLS is failed'],
  ['dtlsstatechange', 'closed', 'DTLS is closed'],
])('%s to %s is the end', (event, state, reason) => {
  transport.emit(event, 'connected');
  expect(ended).toEqual([]);
  transport.emit(event, state);
  expect(ended).toEqual([reason]);
});

it('one that has not connected after 30 s ends, one that has after 12 hours', () => {
  vi.advanceTimersByTime(30_000);
  expect(ended).toEqual(['the other side did not connect in time']);
  session.close();
  ended = [];
  session = new IceSession(transport, readOffer(CHROMIUM), (reason) => ended.push(reason));
  transport.dtlsState = 'connected';
  vi.advanceTimersByTime(12 * 3_600_000 - 1);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ended).toEqual(['its time is over']);
});

it('nothing keeps one that is closed', () => {
  session.close();
  expect(vi.getTimerCount()).toBe(0);
});
