import { describe, expect, it } from 'vitest';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { deviate, deviationOf } from './jitter.js';

const jitter = { placePermille: 20, delayMs: 100 };
const touch = (x: number, y: number): ViewerInput =>
  ViewerInput.fromPartial({
    input: { $case: 'touch', value: { gesture: 1, fingers: [{ finger: 0, x, y }] } },
  });
const placeOf = ({ input }: ViewerInput): number[] =>
  input?.$case === 'touch' ? input.value.fingers.flatMap(({ x, y }) => [x, y]) : [];

describe('the deviation of a phone from its master', () => {
  it('is none where none is asked for', () => {
    for (const none of [undefined, { placePermille: 0, delayMs: 0 }])
      expect(deviationOf(none, 'gr_1', 'ph_1', 1)).toEqual({ x: 0, y: 0, delayMs: 0 });
  });

  it('stays the same through a gesture, and differs between phones and gestures', () => {
    const one = deviationOf(jitter, 'gr_1', 'ph_1', 1);
    expect(deviationOf(jitter, 'gr_1', 'ph_1', 1)).toEqual(one);
    expect(deviationOf(jitter, 'gr_1', 'ph_2', 1)).not.toEqual(one);
    expect(deviationOf(jitter, 'gr_1', 'ph_1', 2)).not.toEqual(one);
  });

  it('keeps within its bounds, and uses all of them', () => {
    const all = Array.from({ length: 2_000 }, (_, turn) => deviationOf(jitter, 'gr_1', 'ph_1', turn));
    const reach = 0.02 * 65_535;
    for (const axis of ['x', 'y'] as const) {
      const values = all.map((one) => one[axis]);
      expect(Math.max(...values)).toBeLessThanOrEqual(Math.ceil(reach));
      expect(Math.max(...values)).toBeGreaterThan(0.95 * reach);
      expect(Math.min(...values)).toBeLessThan(-0.95 * reach);
    }
    const delays = all.map(({ delayMs }) => delayMs);
    expect([Math.min(...delays), Math.max(...delays)]).toEqual([0, 100]);
  });

  it('moves every finger and keeps it on the picture', () => {
    const by = { x: 100, y: -100, delayMs: 0 };
    expect(placeOf(deviate(touch(1_000, 1_000), by))).toEqual([1_100, 900]);
    expect(placeOf(deviate(touch(65_500, 50), by))).toEqual([65_535, 0]);
  });

  it('leaves what has no place, and what it was given, as it is', () => {
    const key = ViewerInput.fromPartial({ input: { $case: 'key', value: { down: true, keycode: 4 } } });
    expect(deviate(key, { x: 5, y: 5, delayMs: 0 })).toBe(key);
    const given = touch(1_000, 1_000);
    deviate(given, { x: 5, y: 5, delayMs: 0 });
    expect(placeOf(given)).toEqual([1_000, 1_000]);
  });
});
