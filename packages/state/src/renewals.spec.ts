import { describe, expect, it } from 'vitest';
import { renewalsOf, sharedDelay, slotOf } from './renewals.js';
import type { State } from './state.js';

const lease = (n: number) => ({ name: `lease:${n}`, owner: `o${n}`, fence: n, ttlMs: 3_000 });

describe('renewals', () => {
  it('go together when they are asked for together, 64 a script, and each gets its own answer', async () => {
    const calls: { keys: readonly string[]; args: readonly unknown[] }[] = [];
    const state = {
      script: async (_script: unknown, keys: readonly string[], args: readonly unknown[]) => {
        calls.push({ keys, args });
        return keys.map((key) => (key === 'lease:2' ? 0 : 1));
      },
    } as unknown as State;
    const renewals = renewalsOf(state);
    expect(renewalsOf(state)).toBe(renewals);
    const answers = await Promise.all(Array.from({ length: 65 }, (_, n) => renewals.renew(lease(n))));
    expect(calls.map(({ keys }) => keys.length)).toEqual([64, 1]);
    expect(calls[1]).toEqual({ keys: ['lease:64'], args: ['o64', 64, 3_000] });
    expect(answers.flatMap((held, n) => (held ? [] : [n]))).toEqual([2]);
    await renewals.renew(lease(7));
    expect(calls.at(-1)).toEqual({ keys: ['lease:7'], args: ['o7', 7, 3_000] });
  });

  it('all fail when Redis is away', async () => {
    const state = { script: () => Promise.reject(new Error('away')) } as unknown as State;
    const asked = [1, 2].map((n) => renewalsOf(state).renew(lease(n)));
    for (const one of await Promise.allSettled(asked)) expect(one).toMatchObject({ status: 'rejected' });
  });

  it.each([
    [10_000, 1_000, 0, 1_000],
    [10_001, 1_000, 0, 999],
    [10_249, 1_000, 0, 751],
    [10_250, 1_000, 0, 1_000],
    [10_000, 1_000, 4, 875],
    [10_125, 1_000, 4, 1_000],
    [10_126, 1_000, 4, 999],
  ])('at %s, what is due in %s ms, in slot %s, is due in %s', (now, delay, slot, due) => {
    expect(sharedDelay(now, delay, slot)).toBe(due);
  });

  it('are spread over the slots, by names that differ little too', () => {
    const counts = new Map<number, number>();
    for (let n = 0; n < 800; n += 1) {
      const slot = slotOf(`control:ph_fleet${n}`);
      counts.set(slot, (counts.get(slot) ?? 0) + 1);
    }
    expect(counts.size).toBe(8);
    expect(Math.max(...counts.values())).toBeLessThan(150);
  });
});
