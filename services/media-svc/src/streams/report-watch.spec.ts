import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { types } from 'mediasoup';
import { beforeEach, expect, it } from 'vitest';
import { watchReports } from './report-watch.js';

/** A producer as far as reports and counts go. */
class FakeProducer extends EventEmitter {
  traced: readonly string[] = [];
  packets = 0;
  /** Until then it does not say how many it has. */
  busy: Promise<void> = Promise.resolve();

  enableTraceEvent(types: readonly string[]): Promise<void> {
    this.traced = types;
    return Promise.resolve();
  }

  async getStats(): Promise<{ packetCount: number; byteCount: number }[]> {
    await this.busy;
    return [{ packetCount: this.packets, byteCount: 0 }];
  }

  /** The sender reports that it has sent so many. */
  async report(packetCount: number): Promise<void> {
    this.emit('trace', { type: 'sr', info: { packetCount } });
    await turn();
  }
}

let producer: FakeProducer;
let unreadable: number;

beforeEach(() => {
  producer = new FakeProducer();
  unreadable = 0;
  watchReports(producer as unknown as types.Producer, () => (unreadable += 1));
});

it('hears reports, and only a sender whose packets do not come is unreadable', async () => {
  expect(producer.traced).toEqual(['sr']);
  for (let sent = 0; sent <= 500; sent += 100) {
    producer.packets = sent - 7;
    await producer.report(sent);
  }
  expect(unreadable).toBe(0);
  for (const sent of [600, 700]) await producer.report(sent);
  expect(unreadable).toBe(0);
  await producer.report(800);
  expect(unreadable).toBe(1);
  // It is told once.
  for (const sent of [900, 1_000, 1_100, 1_200]) await producer.report(sent);
  expect(unreadable).toBe(1);
});

it('a picture that stands still is none', async () => {
  producer.packets = 10;
  for (let i = 0; i < 10; i += 1) await producer.report(10);
  expect(unreadable).toBe(0);
});

it('one of three that does come is enough', async () => {
  for (let sent = 1; sent <= 12; sent += 1) {
    producer.packets = Math.floor(sent / 3);
    await producer.report(sent);
  }
  expect(unreadable).toBe(0);
});

it('reports that waited for us do not count against what was read since', async () => {
  await producer.report(1);
  const free = Promise.withResolvers<void>();
  producer.busy = free.promise;
  for (const sent of [2, 3, 4, 5, 6]) await producer.report(sent);
  producer.packets = 9;
  free.resolve();
  await turn();
  producer.packets = 10;
  await producer.report(10);
  expect(unreadable).toBe(0);
});
