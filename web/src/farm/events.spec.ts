import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type FarmListener, listen } from './events.js';

/** What is used of an EventSource, with the farm's words put into it. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  readyState = 1;

  constructor() {
    super();
    FakeSource.all.push(this);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  says(kind: string, data: unknown): void {
    this.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(data) }));
  }
}

const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
let told: unknown[];
let end: () => void;
const newest = (): FakeSource => {
  const source = FakeSource.all.at(-1);
  if (source === undefined) throw new Error('nobody listens');
  return source;
};
function show(visibilityState: 'visible' | 'hidden'): void {
  page.visibilityState = visibilityState;
  page.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeSource);
  vi.stubGlobal('document', page);
  page.visibilityState = 'visible';
  FakeSource.all = [];
  told = [];
  const listener: FarmListener = {
    phone: ({ phoneId }) => told.push(phoneId),
    removed: (phoneId) => told.push(`-${phoneId}`),
    synced: (phoneIds) => told.push(phoneIds),
    live: (live) => told.push(live),
  };
  end = listen(listener, () => new FakeSource() as unknown as EventSource);
});
afterEach(() => {
  end();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('tells what the farm tells, and is live once it knows all', () => {
  newest().says('phone', { phoneId: 'ph_a' });
  newest().says('synced', { phoneIds: ['ph_a'] });
  newest().says('phoneRemoved', { phoneId: 'ph_a' });
  expect(told).toEqual(['ph_a', ['ph_a'], true, '-ph_a']);
});

it('leaves a cut to the browser, and comes again itself where that gave up', () => {
  newest().readyState = 0;
  newest().dispatchEvent(new Event('error'));
  vi.advanceTimersByTime(60_000);
  expect([FakeSource.all.length, told]).toEqual([1, [false]]);
  newest().close();
  newest().dispatchEvent(new Event('error'));
  vi.advanceTimersByTime(3_000);
  expect(FakeSource.all).toHaveLength(2);
});

it('keeps no connection while nobody looks', () => {
  const first = newest();
  show('hidden');
  expect(first.readyState).toBe(FakeSource.CLOSED);
  show('visible');
  show('visible');
  expect(FakeSource.all).toHaveLength(2);
});

it('ends', () => {
  end();
  expect(newest().readyState).toBe(FakeSource.CLOSED);
  show('hidden');
  show('visible');
  vi.advanceTimersByTime(60_000);
  expect(FakeSource.all).toHaveLength(1);
});
