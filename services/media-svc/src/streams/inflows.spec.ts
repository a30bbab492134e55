import type { types } from 'mediasoup';
import { SessionRecord } from '@ancloud/contracts/state/v1/state';
import type { Lease } from '@ancloud/state';
import { beforeEach, expect, it } from 'vitest';
import { Inflows, type InflowOwner, type InflowsOptions } from './inflows.js';
import type { Carrier } from './stream-leases.js';

const session = SessionRecord.fromPartial({ phoneId: 'ph_1' });
/** The first thing an ingest does. */
const router = {
  createPlainTransport: () => Promise.reject(new Error('an ingest')),
} as unknown as types.Router;

let viewers: number;
let holder: string | undefined;
let carrier: Carrier;
let sought: number;
let released: number;
let taken: number;
let lives: boolean;
const lease = {
  fence: 7,
  release: () => Promise.resolve(void (released += 1)),
} as unknown as Lease;

function make(fence?: number): Promise<unknown> {
  const options = {
    rtpListen: { ip: '127.0.0.1', srtp: 'auto' },
    leases: {
      seek: () => {
        sought += 1;
        return Promise.resolve(carrier);
      },
      holder: () => Promise.resolve(holder),
    },
    peers: { pipe: (media: string) => Promise.reject(new Error(`a pipe from ${media}`)) },
  } as unknown as InflowsOptions;
  const owner = {
    stream: { viewers, full: false },
    fence,
    take: () => {
      taken += 1;
      return lives;
    },
  } as unknown as InflowOwner;
  return new Inflows(options).make(router, session, owner);
}

beforeEach(() => {
  viewers = 1;
  holder = 'media-1';
  carrier = { mediaId: 'media-1' };
  sought = 0;
  released = 0;
  taken = 0;
  lives = true;
});

it('where the phone arrives it is the session’s', async () => {
  await expect(make(7)).rejects.toThrow('an ingest');
  expect(sought).toBe(0);
});

it('an edge has it from who holds the lease', async () => {
  await expect(make()).rejects.toThrow('a pipe from media-1');
  expect(taken).toBe(0);
});

it('an edge whose origin is gone goes on as the origin', async () => {
  carrier = { lease };
  await expect(make()).rejects.toThrow('an ingest');
  expect([taken, released]).toEqual([1, 0]);
});

it('an edge that ended meanwhile gives the lease back', async () => {
  carrier = { lease };
  lives = false;
  await expect(make()).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(released).toBe(1);
});

it('an edge that nobody watches takes nothing over', async () => {
  viewers = 0;
  carrier = { lease };
  await expect(make()).rejects.toThrow('a pipe from media-1');
  holder = undefined;
  await expect(make()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(sought).toBe(0);
});
