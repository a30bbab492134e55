import { describe, expect, it, vi } from 'vitest';
import { KeyedRunner, type KeyedRunnerOptions } from './keyed-runner.js';

/** A runner whose work waits at a gate per run. */
function build(more: Partial<KeyedRunnerOptions> = {}) {
  const runs: { key: string; signal: AbortSignal; end: () => void; fail: (error: Error) => void }[] = [];
  const errors: [string, string, number][] = [];
  const runner = new KeyedRunner({
    work: (key, signal) =>
      new Promise<void>((resolve, reject) => {
        runs.push({ key, signal, end: resolve, fail: reject });
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    onError: (key, error, delay) => errors.push([key, (error as Error).message, delay]),
    backoff: { minMs: 100, jitter: 0 },
    ...more,
  });
  const begun = async (count: number): Promise<void> => {
    await expect.poll(() => runs.length).toBe(count);
  };
  return { runner, runs, errors, begun };
}

describe('KeyedRunner', () => {
  it('runs one at a time per key, and once more after any number of nudges', async () => {
    const { runner, runs, begun } = build();
    runner.nudge('a');
    expect(runs).toHaveLength(0);
    await begun(1);
    for (let index = 0; index < 5; index += 1) runner.nudge('a');
    runner.nudge('b');
    await begun(2);
    expect(runs.map((run) => run.key)).toEqual(['a', 'b']);
    runs[0]?.end();
    await begun(3);
    runs[2]?.end();
    runs[1]?.end();
    await Promise.all([runner.idle('a'), runner.idle('b')]);
    expect(runs).toHaveLength(3);
    expect(runner.keys).toEqual([]);
  });

  it('does not lose a nudge that comes from inside the work', async () => {
    let count = 0;
    const runner: KeyedRunner = new KeyedRunner({
      work: (key) => {
        count += 1;
        if (count < 3) runner.nudge(key);
        return Promise.resolve();
      },
      onError: () => {},
    });
    runner.nudge('a');
    await runner.idle('a');
    expect(count).toBe(3);
  });

  it('lets exclusive functions jump the queue, in their order, and runs the work after them', async () => {
    const { runner, runs, begun } = build();
    runner.nudge('a');
    await begun(1);
    runner.nudge('a');
    const said: string[] = [];
    const first = runner.exclusive('a', () => Promise.resolve(said.push('first')));
    const second = runner.exclusive('a', () => Promise.reject(new Error('mine')));
    expect(said).toEqual([]);
    runs[0]?.end();
    expect(await first).toBe(1);
    await expect(second).rejects.toThrow('mine');
    await begun(2);
    runs[1]?.end();
    await runner.idle('a');
  });

  it('cancels what runs; the others do not notice, and the next nudge runs again', async () => {
    const { runner, runs, errors, begun } = build();
    runner.nudge('a');
    runner.nudge('b');
    await begun(2);
    runner.cancel('a');
    await runner.idle('a');
    expect(runs[0]?.signal.reason).toMatchObject({ code: 'CANCELLED' });
    expect(runs[1]?.signal.aborted).toBe(false);
    expect(errors).toEqual([]);
    runner.nudge('a');
    await begun(3);
    runner.stop();
    await runner.join();
  });

  it('tries failed work again after a growing pause, which a nudge ends', async () => {
    vi.useFakeTimers();
    try {
      const { runner, runs, errors } = build();
      runner.nudge('a');
      await vi.advanceTimersByTimeAsync(0);
      runs[0]?.fail(new Error('one'));
      await vi.advanceTimersByTimeAsync(99);
      expect(runs).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(runs).toHaveLength(2);
      runs[1]?.fail(new Error('two'));
      await vi.advanceTimersByTimeAsync(0);
      runner.nudge('a');
      await vi.advanceTimersByTimeAsync(0);
      expect(runs).toHaveLength(3);
      runs[2]?.end();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(runs).toHaveLength(3);
      expect(errors).toEqual([
        ['a', 'one', 100],
        ['a', 'two', 200],
      ]);
      expect(runner.keys).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('runs no more keys at once than allowed', async () => {
    const { runner, runs, begun } = build({ concurrency: 2 });
    for (const key of ['a', 'b', 'c']) runner.nudge(key);
    await begun(2);
    expect(runs.map((run) => run.key)).toEqual(['a', 'b']);
    runs[1]?.end();
    await begun(3);
    expect(runs[2]?.key).toBe('c');
    runner.stop();
    await runner.join();
  });

  it('stops: aborts what runs, refuses what waits, begins nothing', async () => {
    const { runner, runs, begun } = build({ concurrency: 1 });
    runner.nudge('a');
    await begun(1);
    runner.nudge('b');
    const refused = runner.exclusive('a', () => Promise.resolve());
    runner.stop();
    await expect(refused).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(runner.exclusive('a', () => Promise.resolve())).rejects.toMatchObject({ code: 'CANCELLED' });
    runner.nudge('c');
    await runner.join();
    expect(runs).toHaveLength(1);
    expect(runner.keys).toEqual([]);
  });
});
