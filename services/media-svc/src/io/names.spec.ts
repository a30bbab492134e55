import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Names } from './names.js';

/** Each lookup that was begun. */
let lookups: PromiseWithResolvers<string[]>[];
let names: Names;

beforeEach(() => {
  vi.useFakeTimers();
  lookups = [];
  names = new Names(() => {
    const begun = Promise.withResolvers<string[]>();
    lookups.push(begun);
    return begun.promise;
  });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Names', () => {
  it('tells all that a name has, anew each time, and leaves no timer', async () => {
    for (const addresses of [['203.0.113.7', '203.0.113.8'], ['203.0.113.9']]) {
      const told = names.addressesOf('live.example');
      lookups.at(-1)?.resolve(addresses);
      expect(await told).toEqual(addresses);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says of a name that has none that it has none', async () => {
    const told = names.addressesOf('live.example');
    lookups[0]?.reject(new Error('ENOTFOUND'));
    await expect(told).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'the name live.example has no address',
      field: 'url',
      value: 'live.example',
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits 6 s for a name, and whoever asks again for the lookup that is under way', async () => {
    const first = names.addressesOf('slow.example');
    first.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(6_000);
    await expect(first).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'the name slow.example was not found within 6 s',
      field: 'url',
      value: 'slow.example',
    });
    const second = names.addressesOf('slow.example');
    void names.addressesOf('other.example').catch(() => undefined);
    // One of each name.
    expect(lookups).toHaveLength(2);
    lookups[0]?.resolve(['203.0.113.7']);
    expect(await second).toEqual(['203.0.113.7']);
    void names.addressesOf('slow.example').catch(() => undefined);
    expect(lookups).toHaveLength(3);
  });
});
