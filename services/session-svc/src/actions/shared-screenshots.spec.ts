import { beforeEach, describe, expect, it } from 'vitest';
import { SharedScreenshots } from './shared-screenshots.js';

const phone = {};
let now: number;
let taken: number;
let shots: SharedScreenshots;

beforeEach(() => {
  now = 1_000;
  taken = 0;
  shots = new SharedScreenshots(() => now);
});
/** Its first byte is its number. */
const take = (bytes = 1) => {
  taken += 1;
  return Promise.resolve(new Uint8Array(bytes).fill(taken));
};

describe('SharedScreenshots', () => {
  it.each([
    [0, 4_000, 1],
    [4_000, 4_000, 1],
    [4_001, 4_000, 2],
    [1, 0, 2],
  ])('after %d ms, for who takes one of %d ms, it is number %d', async (passed, maxAgeMs, number) => {
    await shots.of(phone, maxAgeMs, take);
    now += passed;
    expect((await shots.of(phone, maxAgeMs, take))[0]).toBe(number);
    expect(taken).toBe(number);
  });

  it('is one for all who come while it is being taken', async () => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    const first = shots.of(phone, 500, () => promise);
    const others = [1, 2, 3].map(() => shots.of(phone, 500, take));
    resolve(Uint8Array.of(77));
    expect(await Promise.all([first, ...others])).toEqual(Array(4).fill(Uint8Array.of(77)));
    expect(taken).toBe(0);
  });

  it('tells a failure to all who wait, and keeps it for nobody', async () => {
    const failing = () => Promise.reject(new Error('no display'));
    await expect(shots.of(phone, 500, failing)).rejects.toThrow('no display');
    expect((await shots.of(phone, 500, take))[0]).toBe(1);
  });

  it('is a phone’s own', async () => {
    await shots.of(phone, 500, take);
    expect((await shots.of({}, 500, take))[0]).toBe(2);
  });

  it('keeps 64 MiB, the newest', async () => {
    const phones = [{}, {}, {}];
    for (const one of phones) await shots.of(one, 500, () => take(30 << 20));
    expect(taken).toBe(3);
    const [oldest, middle, newest] = phones as [object, object, object];
    await shots.of(newest, 500, take);
    await shots.of(middle, 500, take);
    expect(taken).toBe(3);
    await shots.of(oldest, 500, take);
    expect(taken).toBe(4);
  });
});
