import { Metrics } from '@ancloud/kit';
import { expect, it, vi } from 'vitest';
import { feedMetrics, type Received } from './feed-metrics.js';

const sender = (...answers: Received[]) => ({
  received: () => {
    const next = answers.shift();
    return next === undefined ? Promise.reject(new Error('it has ended')) : Promise.resolve(next);
  },
});

async function scraped(metrics: Metrics): Promise<Record<string, number>> {
  const text = await metrics.registry.getSingleMetricAsString('ancloud_media_feed_bytes_total');
  return Object.fromEntries(
    Array.from(text.matchAll(/what="(\w+)".*\} (\d+)/g), ([, what = '', value]) => [what, Number(value)]),
  );
}

it('counts what came since the last scrape, of all that send, and goes on counting when one has ended', async () => {
  const metrics = new Metrics('media-svc');
  const senders = [
    sender({ all: 100, taken: 90 }, { all: 150, taken: 130 }),
    sender({ all: 1_000, taken: 0 }),
  ];
  feedMetrics(metrics, () => senders);
  expect(await scraped(metrics)).toEqual({ taken: 90, other: 1_010 });
  expect(await scraped(metrics)).toEqual({ taken: 130, other: 1_020 });
  expect(await scraped(metrics)).toEqual({ taken: 130, other: 1_020 });
});

it('of two scrapes whose answers overtake one another nothing is counted twice', async () => {
  const metrics = new Metrics('media-svc');
  const newer = Promise.withResolvers<Received>();
  const older = Promise.withResolvers<Received>();
  const waits = [older.promise, newer.promise];
  const one = { received: () => waits.shift() ?? Promise.reject(new Error('it has ended')) };
  feedMetrics(metrics, () => [one]);
  const both = [scraped(metrics), scraped(metrics)];
  newer.resolve({ all: 30, taken: 20 });
  await Promise.resolve();
  older.resolve({ all: 10, taken: 5 });
  await Promise.all(both);
  expect(await scraped(metrics)).toEqual({ taken: 20, other: 10 });
});

it('waits half a second for a worker that does not answer, and has the others’', async () => {
  vi.useFakeTimers();
  const metrics = new Metrics('media-svc');
  const stuck = { received: () => new Promise<Received>(() => undefined) };
  feedMetrics(metrics, () => [stuck, sender({ all: 30, taken: 20 })]);
  const scrape = scraped(metrics);
  await vi.advanceTimersByTimeAsync(500);
  expect(await scrape).toEqual({ taken: 20, other: 10 });
  vi.useRealTimers();
});
