import { describe, expect, it } from 'vitest';
import { specOf } from './phone-spec.js';

describe('what options say of a phone', () => {
  it.each([
    [{}, {}],
    [{ display: '720x1280' }, { display: { width: 720, height: 1280 } }],
    [{ screenFps: '30' }, { display: { fps: 30 } }],
    [
      { display: '720x1280', dpi: '240', screenFps: '30', fps: '20' },
      { display: { width: 720, height: 1280, dpi: 240, fps: 30 }, encoder: { maxFps: 20 } },
    ],
    [{ pictureSize: '640' }, { encoder: { maxSize: 640 } }],
  ])('is the part of its spec: %j', (options, spec) => {
    expect(specOf(options)).toEqual(spec);
  });
});
