import type { AccessUnit } from '@ancloud/rtp';
import { describe, expect, it } from 'vitest';
import { avcConfigOf, avcSample, sameConfig } from './avc-config.js';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const unit = (...nals: string[]): AccessUnit => ({ nals: nals.map(bytes), timestamp: 0, keyFrame: true });

// As packages/rtp's sps.spec.ts has them.
const BASELINE = '6742c01fd900b40a1b0110000003001000000303c0f18324800000';
const HIGH = '67640028acd940780227e5c044000003000400000300f03c60c658';
const PPS = '68cb83cb20';

describe('avcConfigOf', () => {
  it('makes the record of a Baseline stream', () => {
    const config = avcConfigOf(unit(BASELINE, PPS, '6588'));
    expect(config?.size).toEqual({ width: 720, height: 1_280 });
    const length = (BASELINE.length / 2).toString(16).padStart(4, '0');
    expect(hex(config?.record ?? new Uint8Array())).toBe(`0142c01fffe1${length}${BASELINE}010005${PPS}`);
  });

  it('tells chroma and depth of a High stream', () => {
    const config = avcConfigOf(unit(HIGH, PPS, '6588'));
    expect(config?.size).toEqual({ width: 1_920, height: 1_080 });
    expect(hex(config?.record ?? new Uint8Array())).toMatch(/^01640028ffe1.*01000568cb83cb20fdf8f800$/);
  });

  it.each([
    ['no parameter sets', ['6588']],
    ['no PPS', [BASELINE, '6588']],
    ['an SPS that is cut off', ['6742c0', PPS]],
  ])('%s: none', (_name, nals) => {
    expect(avcConfigOf(unit(...nals))).toBeUndefined();
  });

  it('two are the same when each byte is', () => {
    const [a, b, c] = [unit(BASELINE, PPS), unit(BASELINE, PPS), unit(HIGH, PPS)].map(avcConfigOf);
    if (a === undefined || b === undefined || c === undefined) throw new Error('a config is missing');
    expect(sameConfig(a, b)).toBe(true);
    expect(sameConfig(a, c)).toBe(false);
  });
});

it('avcSample: lengths instead of start codes, parameter sets left out', () => {
  const parts = avcSample(unit(BASELINE, PPS, '06aa', '658899'));
  expect(hex(Buffer.concat(parts))).toBe('0000000206aa00000003658899');
});
