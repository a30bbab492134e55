import { EventEmitter } from 'node:events';
import type { Bus } from '@ancloud/bus';
import { Role } from '@ancloud/contracts/common/v1/common';
import type { ViewerChanged } from '@ancloud/contracts/events/v1/events';
import { silentLog } from '@ancloud/kit';
import type { types } from 'mediasoup';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CHROMIUM } from '../core/whep-offer.fixture.js';
import type { Feeds } from '../feeds/feeds.js';
import type { Streams } from '../streams/streams.js';
import type { Branch } from '../workers/branch.js';
import { WhepSessions } from './whep-sessions.js';
import type { WhepViewer } from './whep-viewer.js';

const RESTART = 'a=ice-ufrag:next\r\na=ice-pwd:nextnextnextnextnextnext\r\n';

let told: ViewerChanged[];
let seated: WhepViewer[];
let restarted: PromiseWithResolvers<types.IceParameters>;
let connects: () => Promise<void>;
let sessions: WhepSessions;

beforeEach(() => {
  told = [];
  seated = [];
  restarted = Promise.withResolvers();
  connects = () => Promise.resolve();
  const ice = { usernameFragment: 'farm', password: 'p'.repeat(22), iceLite: true };
  const transport = (): types.WebRtcTransport =>
    Object.assign(new EventEmitter(), {
      dtlsState: 'new',
      iceParameters: ice,
      iceCandidates: [],
      dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'AA' }] },
      appData: { announced: [] },
      connect: () => connects(),
      restartIce: () => restarted.promise,
      close: () => undefined,
    }) as unknown as types.WebRtcTransport;
  const branch = {
    worker: { index: 0 },
    createViewerTransport: () => Promise.resolve(transport()),
  } as unknown as Branch;
  const feed = {
    seat: (_id: string, _shape: unknown, make: (branch: Branch, left: () => void) => WhepViewer) => {
      const viewer = make(branch, () => undefined);
      seated.push(viewer);
      return Promise.resolve(viewer);
    },
    producersNow: () => Promise.resolve([]),
  };
  sessions = new WhepSessions({
    streams: {} as Streams,
    feeds: { of: () => feed } as unknown as Feeds,
    bus: {
      publish: (_subject: unknown, _params: unknown, change: ViewerChanged) => told.push(change),
    } as unknown as Bus,
    log: silentLog,
  });
});
afterEach(() => {
  for (const viewer of seated) viewer.close('the test is over');
  sessions.close();
});

const create = (offer = CHROMIUM): Promise<{ readonly etag: string }> =>
  sessions.create({
    phoneId: 'ph_1',
    viewerId: 'vw_1',
    offer,
    feedId: 'fe_1',
    low: false,
    auto: false,
    pinned: false,
    owner: 'acme',
    role: Role.ROLE_WATCH,
    edge: false,
  });

it('a session that ends while its PATCH is served is not there, whatever its worker says', async () => {
  await create();
  const patched = sessions.patch('vw_1', '*', RESTART);
  seated[0]?.close('media worker died');
  restarted.reject(new Error('Channel closed'));
  await expect(patched).rejects.toMatchObject({ code: 'VIEWER_NOT_FOUND' });
  expect(told.map(({ present }) => present)).toEqual([true, false]);
  expect(() => sessions.delete('vw_1')).toThrow(expect.objectContaining({ code: 'VIEWER_NOT_FOUND' }));
});

it('what a PATCH of one that lives fails with is told', async () => {
  await create();
  await expect(sessions.patch('vw_1', '"old"', RESTART)).rejects.toMatchObject({ code: 'ETAG_MISMATCH' });
  const patched = sessions.patch('vw_1', '*', RESTART);
  restarted.reject(new Error('a fault of ours'));
  await expect(patched).rejects.toThrow('a fault of ours');
});

it('a bad offer seats nobody', async () => {
  await expect(create('v=0')).rejects.toMatchObject({ code: 'SDP_INVALID' });
  expect([seated, told]).toEqual([[], []]);
});

it('one that could not be answered is nowhere', async () => {
  connects = () => Promise.reject(new Error('a fault of ours'));
  await expect(create()).rejects.toThrow('a fault of ours');
  expect(told.map(({ present }) => present)).toEqual([true, false]);
  await expect(sessions.patch('vw_1', '*', RESTART)).rejects.toMatchObject({ code: 'VIEWER_NOT_FOUND' });
});
