import { describe, expect, it } from 'vitest';
import { sizeFromConfig } from './sps.js';

describe('sizeFromConfig', () => {
  const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');
  it.each([
    // Written by libx264 (core 164): cropping on both sides, in the height only, and none.
    [
      'baseline 472x1024',
      '00000001 6742c01f d901e020 797c0440 00000300 4000000f 03c60c92 00000001 68cb83cb20',
      { width: 472, height: 1024 },
    ],
    [
      'high 1920x1080',
      '00000001 67640028 acd94078 0227e5c0 44000003 00040000 0300f03c 60c65800 00000168',
      { width: 1920, height: 1080 },
    ],
    [
      'baseline 720x1280',
      '00000001 6742c01f d900b40a 1b011000 00030010 00000303 c0f18324 80000000 0168cb83',
      { width: 720, height: 1280 },
    ],
  ])('%s', (_name, hex, size) => {
    expect(sizeFromConfig(bytes(hex))).toEqual(size);
  });
  it('says nothing for a cut SPS or none', () => {
    expect(sizeFromConfig(bytes('00000001 6742c0'))).toBeUndefined();
    expect(sizeFromConfig(bytes('00000001 68ce3c80'))).toBeUndefined();
    expect(sizeFromConfig(new Uint8Array())).toBeUndefined();
  });
});
