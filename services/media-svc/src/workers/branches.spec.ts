import { EventEmitter } from 'node:events';
import { AppError } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ownShape, type Shape } from '../core/rtp-parameters.js';
import { Branches, MAX_SHAPES, type Seat } from './branches.js';
import type { PoolWorker } from './worker-pool.js';

/** Routers that have not been closed. */
let routers: number;
/** Viewers' transports that have not been closed, by themselves. */
let transports: number;
let alive: boolean;
let worker: PoolWorker;
let branches: Branches;

const shape = (number: number): Shape => ({ key: `shape ${number}`, codecs: [] });
/** So many others than the player's own, which the root has. */
const seated = (count: number): Promise<Seat[]> =>
  Promise.all(Array.from({ length: count }, (_, number) => branches.seat(shape(number))));

beforeEach(async () => {
  vi.useFakeTimers();
  routers = 0;
  transports = 0;
  alive = true;
  const createRouter = () => {
    routers += 1;
    const observer = new EventEmitter();
    const close = (): void => {
      routers -= 1;
      observer.emit('close');
    };
    const createWebRtcTransport = () => {
      const ended = new EventEmitter();
      const end = (): void => {
        transports -= 1;
        ended.emit('close');
      };
      transports += 1;
      return Promise.resolve({ observer: ended, close: end });
    };
    return Promise.resolve({ observer, rtpCapabilities: {}, createWebRtcTransport, close });
  };
  worker = {
    index: 0,
    worker: { createRouter },
    streams: 0,
    viewers: 0,
    packets: 0,
  } as unknown as PoolWorker;
  const living = (): PoolWorker => {
    if (alive) return worker;
    throw new AppError('CAPACITY', 'no media worker is alive');
  };
  branches = await Branches.create({
    pool: { lend: living, place: living, giveBack: () => undefined, full: () => false },
    died: () => undefined,
  });
});
afterEach(() => {
  branches.close();
  vi.useRealTimers();
});

describe('the shapes of a stream', () => {
  it(`are ${MAX_SHAPES} at most: one more is refused, and counts nowhere`, async () => {
    await seated(MAX_SHAPES - 1);
    expect([branches.size, routers, worker.viewers]).toEqual([MAX_SHAPES, MAX_SHAPES, MAX_SHAPES - 1]);
    await expect(branches.seat(shape(99))).rejects.toMatchObject({
      code: 'CAPACITY',
      field: 'offer',
      fix: expect.stringMatching(/payload types/),
    });
    expect([branches.size, routers, worker.viewers]).toEqual([MAX_SHAPES, MAX_SHAPES, MAX_SHAPES - 1]);
  });

  it('have room for every viewer more of a shape that is there', async () => {
    await seated(MAX_SHAPES - 1);
    for (const known of [ownShape, shape(0), shape(MAX_SHAPES - 2)]) await branches.seat(known);
    expect([branches.size, worker.viewers]).toEqual([MAX_SHAPES, MAX_SHAPES + 2]);
  });

  it('are free 10 s after their last viewer has left, not before, and not when another one came', async () => {
    const [first, second] = await seated(MAX_SHAPES - 1);
    first?.leave();
    second?.leave();
    await vi.advanceTimersByTimeAsync(9_999);
    await expect(branches.seat(shape(99))).rejects.toMatchObject({ code: 'CAPACITY' });
    await branches.seat(shape(1));
    await vi.advanceTimersByTimeAsync(1);
    expect(routers).toBe(MAX_SHAPES - 1);
    await branches.seat(shape(99));
    expect([branches.size, routers]).toEqual([MAX_SHAPES, MAX_SHAPES]);
  });
});

it('a stream whose workers are all dead seats nobody, and does again when one lives', async () => {
  alive = false;
  await expect(branches.seat(ownShape)).rejects.toMatchObject({ code: 'CAPACITY' });
  expect(worker.viewers).toBe(0);
  alive = true;
  const seat = await branches.seat(ownShape);
  expect(seat.branch).toBe(branches.root);
  expect(worker.viewers).toBe(1);
  seat.leave();
  seat.leave();
  expect(worker.viewers).toBe(0);
});

it('a stream ends its viewers’ transports itself, since mediasoup’s server would keep what its routers end', async () => {
  const [one, two] = await seated(2);
  await one?.branch.createViewerTransport({ data: true });
  const left = await two?.branch.createViewerTransport({ data: false });
  await two?.branch.createViewerTransport({ data: false });
  left?.close();
  expect(transports).toBe(2);
  branches.close();
  await vi.advanceTimersByTimeAsync(0);
  expect([transports, routers]).toEqual([0, 0]);
});
