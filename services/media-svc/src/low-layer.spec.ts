import type { types } from 'mediasoup';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LowLayer } from './low-layer.js';

let told: string[];
/** What session-svc answers when it is told that the layer ends. */
let ends: boolean;
let layer: LowLayer;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  ends = true;
  layer = new LowLayer({
    produce: () => Promise.resolve({ close: () => told.push('closed') } as unknown as types.Producer),
    attach: () => Promise.resolve(void told.push('attach')),
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
