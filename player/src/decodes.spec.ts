import { describe, expect, it } from 'vitest';
import { decodesPicture, mustDecodePicture } from './decodes.js';
import { endOf } from './end-of.js';

const codec = (mimeType: string, parameters: object = {}) =>
  ({ kind: 'video', mimeType, clockRate: 90_000, parameters }) as const;
const vp8 = codec('video/VP8');
const h264 = (mode?: number) => codec('video/H264', { 'packetization-mode': mode });

describe('decodesPicture', () => {
  it.each([
    ['H.264 among others', [vp8, h264(0), h264(1)], true],
    ['H.264 of one packet a slice only', [vp8, h264(0)], false],
    ['H.264 whose mode is left out, which means 0', [h264()], false],
    ['no H.264', [vp8], false],
    ['nothing', undefined, false],
  ])('%s', (_, codecs, decodes) => expect(decodesPicture({ codecs } as never)).toBe(decodes));
});

describe('a browser without the picture’s codec', () => {
  const end = (browser: string) => {
    try {
      mustDecodePicture({ codecs: [vp8] } as never, browser);
    } catch (error) {
      return endOf(error);
    }
    throw new Error('it was let through');
  };

  it('is told so, and is not asked to come again', () => {
    expect(end('Chrome111')).toEqual({
      code: 'BROWSER_UNSUPPORTED',
      message: 'this browser cannot show the picture: it has no H.264',
      retry: false,
    });
  });

  it('is told where Firefox shows it', () => {
    expect(end('Firefox120').message).toMatch(/no H[.]264 yet.*about:addons/);
  });
});
