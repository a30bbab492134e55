import { EventEmitter } from 'node:events';
import { silentLog } from '@ancloud/kit';
import type { types } from 'mediasoup';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { WhipEndpoint, WhipReply } from '../io/whip-endpoint.js';
import type { Stream } from '../streams/stream.js';
import type { StreamViewer } from '../streams/stream-viewer.js';
import type { Branch } from '../workers/branch.js';
import type { PushLink } from './push-link.js';
import { WhipLink } from './whip-link.js';

let told: string[];
let viewer: StreamViewer | undefined;
/** The phone sends pictures. */
let pictured: PromiseWithResolvers<types.Producer[]>;
let opened: PromiseWithResolvers<void>;
let answered: PromiseWithResolvers<WhipReply>;
let link: PushLink;

const transport = (): object =>
  Object.assign(new EventEmitter(), {
    iceParameters: { usernameFragment: 'inner', password: 'p'.repeat(22) },
    iceCandidates: [{ address: '127.0.0.1', port: 9 }],
    dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'AA' }] },
    close: () => told.push('transport'),
  });
const branch = {
  worker: { index: 0 },
  rtpCapabilities: {},
  createInnerTransport: () => Promise.resolve(transport()),
} as unknown as Branch;

beforeEach(() => {
  told = [];
  viewer = undefined;
  pictured = Promise.withResolvers();
  opened = Promise.withResolvers();
  answered = Promise.withResolvers();
  const stream = {
    seat: (_id: string, _shape: unknown, make: (branch: Branch, left: () => void) => StreamViewer) => {
      viewer = make(branch, () => told.push('seat'));
      return Promise.resolve(viewer);
    },
    producersNow: () => Promise.resolve(undefined),
    producers: () => pictured.promise,
  } as unknown as Stream;
  link = WhipLink.begin(() => opened.promise.then(() => stream), {
    id: 'pu_1',
    endpoint: {
      post: () => {
        told.push('offer');
        return answered.promise;
      },
      delete: ({ pathname }: URL) => {
        told.push(`DELETE ${pathname}`);
        return Promise.reject(new Error('nobody answers'));
      },
    } as unknown as WhipEndpoint,
    allows: () => true,
    events: {
      began: () => told.push('began'),
      sent: () => undefined,
      ended: (reason) => told.push(reason),
    },
    log: silentLog,
  });
});
afterEach(() => link.close(true));

const answer = (sdp = 'v=0'): void =>
  answered.resolve({ kind: 'answer', sdp, session: new URL('https://live.example/session/7') });

it('offers what comes while it waits for the first picture, and ends with the phone’s session', async () => {
  opened.resolve();
  await expect.poll(() => viewer).toBeDefined();
  // As `Stream` does it: everybody hears that there is another picture, who waits for one among them.
  viewer?.replaced();
  pictured.resolve([]);
  await expect.poll(() => told).toEqual(['began', 'offer']);
  viewer?.replaced();
  expect(told.slice(2)).toEqual(['transport', 'seat', 'the phone has a new session']);
  // Of the offer that is over.
  answer();
  await expect.poll(() => told.at(-1)).toBe('DELETE /session/7');
});

it('an answer that cannot be used ends the session that came with it', async () => {
  opened.resolve();
  pictured.resolve([]);
  answer('no SDP');
  await expect
    .poll(() => told.slice(2))
    .toEqual(['transport', 'seat', 'DELETE /session/7', expect.stringContaining('the server') as string]);
});

it('one that is let go before there is a stream leaves its seat at once, and tells nothing', async () => {
  link.close(true);
  opened.resolve();
  await expect.poll(() => told).toEqual(['seat']);
  pictured.resolve([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(['seat']);
});
