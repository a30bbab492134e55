import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DelayLine } from './delay-line.js';

describe('a delay line', () => {
  let done: string[];
  let line: DelayLine;
  const add = (name: string, delayMs: number, move = false): boolean =>
    line.add(delayMs, move, () => done.push(name));

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    done = [];
    line = new DelayLine();
  });
  afterEach(() => vi.useRealTimers());

  it('does at once what has no delay', () => {
    add('a', 0);
    expect(done).toEqual(['a']);
  });

  it('keeps the order, also where the next one has less delay', async () => {
    add('down', 50);
    add('up', 50);
    add('next', 0);
    expect(done).toEqual([]);
    await vi.advanceTimersByTimeAsync(49);
    expect(done).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toEqual(['down', 'up', 'next']);
  });

  it('drops moves when too many wait, and all else when no viewer may have sent as much', async () => {
    for (let i = 0; i < 240; i += 1) expect(add('move', 10, true)).toBe(true);
    expect(add('late', 10, true)).toBe(false);
    for (let i = 0; i < 1_200; i += 1) expect(add('up', 10)).toBe(true);
    expect(add('late', 10)).toBe(false);
    await vi.advanceTimersByTimeAsync(10);
    expect(done).toHaveLength(1_440);
    expect(done.at(-1)).toBe('up');
    expect(add('next', 10)).toBe(true);
  });

  it('does nothing more when it is closed, until something new comes', async () => {
    add('old', 2_000);
    line.close();
    // Nothing is before it.
    add('new', 0);
    expect(done).toEqual(['new']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(done).toEqual(['new']);
  });
});
