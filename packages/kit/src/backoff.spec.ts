import { describe, expect, it } from 'vitest';
import { Backoff, retry } from './backoff.js';
import { realClock, sleep } from './clock.js';

describe('Backoff', () => {
  it('grows to its limit, with jitter below, and begins anew after a success', () => {
    const backoff = new Backoff({ minMs: 100, maxMs: 500, jitter: 0.5, random: () => 0 });
    expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([100, 200, 400, 500]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
    expect(new Backoff({ minMs: 100, jitter: 0.5, random: () => 0.999 }).next()).toBeCloseTo(50, 0);
  });
});

describe('retry', () => {
  it('gives the first success, or the last error', async () => {
    let tries = 0;
    const third = () =>
      (tries += 1) < 3 ? Promise.reject(new Error(`try ${tries}`)) : Promise.resolve(tries);
    expect(await retry(third, { minMs: 1 })).toBe(3);
    tries = 0;
    await expect(retry(third, { tries: 2, minMs: 1 })).rejects.toThrow('try 2');
    tries = 0;
    await expect(retry(third, { minMs: 1, retryable: () => false })).rejects.toThrow('try 1');
    tries = 0;
    await expect(retry(third, { minMs: 60_000, signal: AbortSignal.timeout(10) })).rejects.toThrow('try 1');
  });
});

describe('sleep', () => {
  it('ends with the reason of the signal, before or during', async () => {
    const controller = new AbortController();
    const sleeping = sleep(60_000, controller.signal);
    controller.abort(new Error('up'));
    await expect(sleeping).rejects.toThrow('up');
    await expect(sleep(60_000, AbortSignal.abort('no error'))).rejects.toThrow('aborted');
    await expect(sleep(1, undefined, realClock)).resolves.toBeUndefined();
  });
});
