import { describe, expect, it } from 'vitest';
import { eventually } from './index.js';

describe('eventually', () => {
  it('gives what is found at last, also when looking failed before', async () => {
    let looks = 0;
    const found = await eventually(
      () => {
        looks += 1;
        if (looks === 1) throw new Error('not yet');
        return looks < 4 ? undefined : looks;
      },
      { intervalMs: 1, reason: 'the fourth look' },
    );
    expect(found).toBe(4);
    expect(await eventually(() => 0, { reason: 'zero is something' })).toBe(0);
  });

  it('fails with the reason of that moment and the last failure', async () => {
    let phase = 'booting';
    const waiting = eventually(
      () => {
        phase = 'starting zygote';
        throw new Error('no such property');
      },
      { timeoutMs: 20, intervalMs: 1, reason: () => `phone is ${phase}, wanted ready` },
    );
    await expect(waiting).rejects.toThrow(
      'still waiting after 20 ms: phone is starting zygote, wanted ready (no such property)',
    );
  });
});
