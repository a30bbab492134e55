import { describe, expect, it } from 'vitest';
import { afterBoot, noRestarts } from './restarts.js';

describe('boots that nobody wished to end', () => {
  const boot = { ending: 'crash' as const, ranMs: 5_000, wasReady: false, message: 'm', nowMs: 100 };

  it('wait longer each time, up to a minute', () => {
    let restarts = noRestarts;
    const delays = Array.from({ length: 8 }, () => {
      restarts = afterBoot(restarts, boot);
      return (restarts.failure?.notBeforeMs ?? 0) - boot.nowMs;
    });
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(restarts).toMatchObject({ count: 8, failure: { reason: 'Crashed', message: 'm' } });
  });

  it('are forgiven when the phone had been ready for a minute', () => {
    const often = { count: 9, failures: 9, failure: undefined };
    expect(afterBoot(often, { ...boot, ranMs: 61_000, wasReady: true })).toMatchObject({
      count: 10,
      failures: 1,
    });
    expect(afterBoot(often, { ...boot, ranMs: 61_000 })).toMatchObject({ count: 10, failures: 10 });
  });

  it('start at once when the phone rebooted or switched itself off, unless it does so right away', () => {
    for (const ending of ['restart', 'poweredOff'] as const) {
      expect(afterBoot(noRestarts, { ...boot, ending, ranMs: 20_000, wasReady: true })).toEqual({
        count: 1,
        failures: 0,
        failure: undefined,
      });
      expect(afterBoot(noRestarts, { ...boot, ending })).toMatchObject({
        failure: { reason: 'RestartLoop' },
      });
    }
  });

  it('wait longer each time when the phone reboots before it was ever ready', () => {
    const loop = { ...boot, ending: 'restart' as const, ranMs: 40_000 };
    const [once, twice] = [afterBoot(noRestarts, loop), afterBoot(afterBoot(noRestarts, loop), loop)];
    expect([once.failures, twice.failures]).toEqual([1, 2]);
    expect(twice.failure).toMatchObject({ reason: 'RestartLoop', notBeforeMs: boot.nowMs + 2_000 });
  });

  it('name the critical service for which init gave up, however long the phone was ready', () => {
    const gave = { ...boot, ending: 'restart' as const, critical: 'zygote', wasReady: true };
    for (const ranMs of [5_000, 3_600_000])
      expect(afterBoot(noRestarts, { ...gave, ranMs })).toMatchObject({
        count: 1,
        failures: 1,
        failure: { reason: 'CriticalService' },
      });
  });

  it('are not those that were asked for', () => {
    for (const ending of ['asked', 'reboot'] as const)
      expect(afterBoot(noRestarts, { ...boot, ending })).toBe(noRestarts);
  });
});
