import { expect, it } from 'vitest';
import { GlassMeter } from './glass.js';

/** The host's clock is this much ahead of the page's. */
const AHEAD = 900_000_000;
const drawnAt = (pageMs: number): number => Math.round((pageMs + AHEAD) * 90) % 2 ** 32;

function metered(): GlassMeter {
  const meter = new GlassMeter();
  // The quickest answer counts, whatever the others' ways were.
  meter.clock(0, 100, AHEAD + 5);
  meter.clock(200, 204, AHEAD + 202);
  meter.clock(300, 380, AHEAD + 379);
  return meter;
}

it('is what lies between the drawing and the display of a frame', () => {
  const meter = metered();
  meter.shown(1_040, drawnAt(1_000));
  meter.shown(1_072, drawnAt(1_017));
  const took = meter.take();
  expect(took.map((ms) => Math.round(ms))).toEqual([40, 55]);
  expect(meter.take()).toEqual([]);
});

it('is the same of a sound, by its own clock rate', () => {
  const meter = metered();
  meter.heard(1_085, Math.round((1_000 + AHEAD) * 48) % 2 ** 32);
  expect(meter.takeSounds().map((ms) => Math.round(ms))).toEqual([85]);
  expect([meter.takeSounds(), meter.take()]).toEqual([[], []]);
});

it('knows how long the quickest answer took, and none before the first', () => {
  expect(new GlassMeter().quickestMs).toBeUndefined();
  expect(metered().quickestMs).toBe(4);
});

it('goes on when the timestamp wraps', () => {
  const meter = metered();
  // The last moment before it.
  const at = Math.ceil(AHEAD / (2 ** 32 / 90)) * (2 ** 32 / 90) - AHEAD - 10;
  meter.shown(at + 60, drawnAt(at));
  meter.shown(at + 80, drawnAt(at + 20));
  expect(meter.take().map((ms) => Math.round(ms))).toEqual([60, 60]);
});

it('tells nothing before it knows the clock, nor of a frame whose timestamp is not told', () => {
  const meter = new GlassMeter();
  meter.shown(1_040, drawnAt(1_000));
  meter.clock(1_100, 1_104, AHEAD + 1_102);
  meter.shown(1_200, undefined);
  expect(meter.take()).toEqual([]);
});

it('leaves out what no frame takes, and begins anew on another host', () => {
  const meter = metered();
  meter.shown(1_040, drawnAt(-20_000));
  meter.shown(1_040, drawnAt(1_100));
  expect(meter.take()).toEqual([]);
  meter.clock(2_000, 2_020, 7_010);
  meter.shown(3_050, Math.round(8_000 * 90));
  expect(meter.take()).toEqual([50]);
});

it('picks 16 evenly', () => {
  const meter = metered();
  for (let i = 0; i < 320; i++) meter.shown(1_000 + i + (i < 160 ? 20 : 40), drawnAt(1_000 + i));
  const took = meter.take().map((ms) => Math.round(ms));
  expect(took).toEqual([...Array(8).fill(20), ...Array(8).fill(40)]);
});
