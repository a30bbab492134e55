import { describe, expect, it } from 'vitest';
import { bootSlots, parsePressure } from './boot-slots.js';

describe('boots at once', () => {
  it.each([
    [8, undefined, 8],
    [8, 0, 8],
    [8, 69.9, 8],
    [8, 70, 4],
    [1, 70, 1],
    [3, 89.9, 1],
    [8, 90, 1],
    [8, 100, 1],
  ])('%i of a host under pressure %s: %i', (configured, pressure, slots) =>
    expect(bootSlots(configured, pressure)).toBe(slots),
  );

  it('reads the kernel’s pressure', () => {
    const text =
      'some avg10=12.34 avg60=1.00 avg300=0.20 total=123\nfull avg10=99.00 avg60=0.00 avg300=0.00 total=0\n';
    expect(parsePressure(text)).toBe(12.34);
    expect(parsePressure('')).toBeUndefined();
  });
});
