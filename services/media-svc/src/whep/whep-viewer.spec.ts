import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { silentLog } from '@ancloud/kit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readOffer } from '../core/whep-offer.js';
import { CHROMIUM } from '../core/whep-offer.fixture.js';
import type { Watchable } from '../streams/stream-viewer.js';
import type { Branch } from '../workers/branch.js';
import { type WhepLayers } from './whep-layers.js';
import { WhepViewer } from './whep-viewer.js';

let told: string[];
let connected: PromiseWithResolvers<void>;
let consumed: PromiseWithResolvers<never[]>;
let viewer: WhepViewer;
let answer: Promise<unknown>;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  connected = Promise.withResolvers();
  consumed = Promise.withResolvers();
  const transport = Object.assign(new EventEmitter(), {
    dtlsState: 'new',
    connect: () => connected.promise,
    close: () => told.push('transport'),
  });
  const branch = {
    worker: { index: 0 },
    createViewerTransport: () => Promise.resolve(transport as unknown as types.WebRtcTransport),
  } as unknown as Branch;
  const layers = { layer: 'main', consume: () => consumed.promise, close: () => told.push('layers') };
  viewer = new WhepViewer({} as Watchable, branch, {
    id: 'vw_1',
    offer: readOffer(CHROMIUM),
    layers: () => layers as unknown as WhepLayers,
    needsMain: true,
    pinned: false,
    closed: (reason) => told.push(reason),
    log: silentLog,
  });
  answer = viewer.answer();
  answer.catch(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
});

it('that its worker dies is said so, and not by what the worker leaves unanswered', async () => {
  await vi.advanceTimersByTimeAsync(0);
  viewer.close('media worker died');
  connected.reject(new Error('Channel closed'));
  await expect(answer).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'media worker died' });
  expect(told).toEqual(['transport', 'transport', 'media worker died']);
  expect(vi.getTimerCount()).toBe(0);
});

it('one that ends while it waits for the picture has nothing left', async () => {
  connected.resolve();
  await vi.advanceTimersByTimeAsync(0);
  viewer.close('the stream lease was lost');
  consumed.reject(new Error('there are none'));
  await expect(answer).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'the stream lease was lost' });
  expect(told).toEqual(['transport', 'layers', 'transport', 'the stream lease was lost']);
  expect(vi.getTimerCount()).toBe(0);
});

it('what its worker refuses is told as it is, while it lives', async () => {
  connected.reject(new Error('a fault of ours'));
  await expect(answer).rejects.toThrow('a fault of ours');
  expect(told).toEqual([]);
  viewer.close('it could not be answered');
  expect(vi.getTimerCount()).toBe(0);
});
