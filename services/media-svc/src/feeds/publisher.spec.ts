import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PUBLISHER } from '../core/whep-offer.fixture.js';
import { readWhipOffer } from '../core/whip-offer.js';
import type { Branch } from '../workers/branch.js';
import { Publisher } from './publisher.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('a worker that answers when the time to connect is over makes no publisher', async () => {
  const connected = Promise.withResolvers<undefined>();
  const transport = Object.assign(new EventEmitter(), {
    closed: false,
    dtlsState: 'new',
    connect: () => connected.promise,
    produce: () => Promise.resolve({}),
    close: () => {
      transport.closed = true;
    },
  });
  const root = {
    createViewerTransport: () => Promise.resolve(transport as unknown as types.WebRtcTransport),
  } as unknown as Branch;
  const ended: string[] = [];
  const made = Publisher.create(
    root,
    { session: 'ws_1', offer: readWhipOffer(PUBLISHER), gone: () => false },
    { cname: 'fe_1', ended: (_, reason) => ended.push(reason) },
  );
  const outcome = made.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(transport.closed).toBe(true);
  connected.resolve(undefined);
  expect(await outcome).toMatchObject({ code: 'STREAM_FAILED' });
  // There was none to tell of.
  expect(ended).toEqual([]);
});

it('one that its worker refuses leaves no transport and no timer', async () => {
  let closed = 0;
  const transport = Object.assign(new EventEmitter(), {
    connect: () => Promise.reject(new Error('refused')),
    close: () => (closed += 1),
  });
  const root = {
    createViewerTransport: () => Promise.resolve(transport as unknown as types.WebRtcTransport),
  } as unknown as Branch;
  const made = Publisher.create(
    root,
    { session: 'ws_1', offer: readWhipOffer(PUBLISHER), gone: () => false },
    { cname: 'fe_1', ended: () => undefined },
  );
  await expect(made).rejects.toThrow('refused');
  expect([closed, vi.getTimerCount()]).toEqual([1, 0]);
});
