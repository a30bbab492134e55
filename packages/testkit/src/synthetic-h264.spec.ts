import { describe, expect, it } from 'vitest';
import { SyntheticH264 } from './index.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

// Twelve frames each of 720×1280, 1080×1920, 100×50 and 16×16 were decoded by ffmpeg 5.1 without a warning, and every
// pixel had exactly its luma; the literal bytes hold what was decoded then.
describe('SyntheticH264', () => {
  it('describes its pictures: Constrained Baseline, cropped to the size', () => {
    expect(hex(new SyntheticH264(720, 1280).config())).toBe('000000016742e01f95a02d0286400000000168ce3c80');
  });

  it('puts one key frame of 16×16 into the colour and nothing else', () => {
    const encoder = new SyntheticH264(16, 16);
    const idr = hex(encoder.idr(20));
    expect(idr).toMatch(/^000000016588/);
    expect(idr).toContain('14'.repeat(256) + '80'.repeat(128));
    expect(hex(encoder.next(77))).toContain('4d'.repeat(256) + '80'.repeat(128));
  });

  it('stays small: a still frame is a few bytes, a picture about 2 kB at 720×1280', () => {
    const encoder = new SyntheticH264(720, 1280);
    expect(encoder.idr(1).length).toBeLessThan(4000);
    expect(encoder.next().length).toBeLessThan(16);
  });

  it('never has a start code inside a unit', () => {
    const encoder = new SyntheticH264(64, 64);
    for (let i = 0; i < 600; i += 1) {
      const frame = Buffer.from(
        i % 50 === 0 ? encoder.idr((i % 255) + 1) : encoder.next(i % 3 === 0 ? undefined : (i % 255) + 1),
      );
      expect(frame.indexOf('000001', 4, 'hex')).toBe(-1);
      expect(frame.indexOf('000000', 4, 'hex')).toBe(-1);
    }
  });

  it.each([
    [15, 16],
    [16, 17],
    [16, 5000],
    [0, 16],
  ])('refuses %i×%i', (width, height) => {
    expect(() => new SyntheticH264(width, height)).toThrow(RangeError);
  });
});
