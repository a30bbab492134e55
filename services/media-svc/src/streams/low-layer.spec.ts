import type { types } from 'mediasoup';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LowLayer } from './low-layer.js';

let told: string[];
/** What session-svc answers when it is told that the layer ends. */
let ends: boolean;
/** What it answers when it is told that the layer begins. */
let attached: () => Promise<void>;
let layer: LowLayer;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  ends = true;
  attached = () => Promise.resolve();
  layer = new LowLayer({
    produce: () => Promise.resolve({ close: () => told.push('closed') } as unknown as types.Producer),
    attach: async () => {
      await attached();
      told.push('attach');
    },
    detach: () => {
      told.push('detach');
      return Promise.resolve(ends);
    },
    askKeyFrame: () => undefined,
  });
});
afterEach(() => {
  layer.close();
  vi.useRealTimers();
});

it('begins with the first, and ends 10 s after the last, once', async () => {
  const [one, two] = [await layer.take(), await layer.take()];
  expect(two.producer).toBe(one.producer);
  one.leave();
  one.leave();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual(['attach']);
  two.leave();
  await vi.advanceTimersByTimeAsync(9_000);
  expect(told).toEqual(['attach']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual(['attach', 'detach', 'closed']);
});

it('an end that was not heard is told again, until it is', async () => {
  (await layer.take()).leave();
  ends = false;
  await vi.advanceTimersByTimeAsync(12_500);
  ends = true;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told.filter((what) => what === 'detach')).toHaveLength(4);
});

it('is not ended again by what was told before somebody took it anew, nor after its ingest’s end', async () => {
  (await layer.take()).leave();
  ends = false;
  await vi.advanceTimersByTimeAsync(10_500);
  const again = await layer.take();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual(['attach', 'detach', 'closed', 'attach']);
  again.leave();
  await vi.advanceTimersByTimeAsync(10_500);
  expect(told.at(-2)).toBe('detach');
  layer.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told.filter((what) => what === 'detach')).toHaveLength(2);
});

it('one that did not begin is ended all the same: what was asked may have begun it', async () => {
  attached = () => Promise.reject(new Error('no answer in time'));
  await expect(layer.take()).rejects.toThrow('no answer in time');
  expect(told).toEqual(['closed', 'detach']);
  attached = () => Promise.resolve();
  (await layer.take()).leave();
  expect(told.filter((what) => what === 'detach')).toHaveLength(1);
});

it('what did not begin is ended until that is heard, and not under whoever takes it then', async () => {
  attached = () => Promise.reject(new Error('no answer in time'));
  ends = false;
  await expect(layer.take()).rejects.toThrow('no answer in time');
  await vi.advanceTimersByTimeAsync(2_500);
  const tries = (): number => told.filter((what) => what === 'detach').length;
  expect(tries()).toBe(3);
  attached = () => Promise.resolve();
  await layer.take();
  told = [];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([]);
});

it('nothing is ended of what began with an ingest that is over', async () => {
  attached = () => {
    layer.close();
    return Promise.reject(new Error('the ingest is over'));
  };
  await expect(layer.take()).rejects.toThrow('the ingest is over');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual(['closed']);
});
