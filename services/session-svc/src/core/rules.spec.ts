import { parseScrcpyVersion, buildServerArgs } from '@ancloud/scrcpy-wire';
import { describe, expect, it } from 'vitest';
import { parseCurrentSize, parseWmSize, scalePoint, screenFor } from './geometry.js';
import { readInstallOutput } from './package-manager.js';
import { pathMistake } from './phone-path.js';
import { beginsAsPng, endsAsPng } from './png.js';
import { nextSequence } from './sequence.js';
import {
  controlServer,
  DEFAULT_ENCODER,
  encoderOptions,
  lowEncoder,
  mediaServer,
  sameEncoder,
} from './stream-options.js';

describe('nextSequence', () => {
  it.each([
    ['a new stream begins where told', 0, undefined, 77, 77],
    ['our own counter goes on', 0, 500, 77, 500],
    ['the receiver’s number, when we know none', 40_000, undefined, 77, 40_000],
    ['our own is ahead by what is under way', 1_000, 1_040, 77, 1_040],
    ['at most 3,000 ahead', 1_000, 4_000, 77, 4_000],
    ['further ahead would be dropped', 1_000, 4_001, 77, 1_000],
    ['behind would be taken for old packets', 1_000, 999, 77, 1_000],
    ['over the wrap', 65_530, 3, 77, 3],
    ['65536 is 0', 65_536, undefined, 77, 0],
  ])('%s', (_name, wanted, own, fresh, expected) => {
    expect(nextSequence(wanted, own, fresh)).toBe(expected);
  });
});

describe('geometry', () => {
  it('reads wm size; an override wins', () => {
    expect(parseWmSize('Physical size: 1080x2340\n')).toEqual({ width: 1080, height: 2340 });
    expect(parseWmSize('Physical size: 1080x2340\nOverride size: 720x1280\n')).toEqual({
      width: 720,
      height: 1280,
    });
    expect(parseWmSize('wm: not found')).toBeUndefined();
    expect(parseWmSize('Physical size: 0x0')).toBeUndefined();
  });
  it('reads the present size', () => {
    expect(parseCurrentSize('  init=720x1280 320dpi cur=1280x720 app=1280x720 rng=720x672')).toEqual({
      width: 1280,
      height: 720,
    });
    expect(parseCurrentSize('')).toBeUndefined();
  });
  it('turns the screen with the picture', () => {
    const natural = { width: 720, height: 1280 };
    expect(screenFor(natural, { width: 640, height: 360 })).toEqual({ width: 1280, height: 720 });
    expect(screenFor(natural, { width: 360, height: 640 })).toEqual(natural);
    expect(screenFor({ width: 800, height: 800 }, { width: 640, height: 640 })).toEqual({
      width: 800,
      height: 800,
    });
  });
  it('keeps points inside', () => {
    expect(scalePoint({ x: 99, y: 100 }, { width: 100, height: 100 }, { width: 10, height: 10 })).toEqual({
      x: 9,
      y: 9,
    });
  });
});

describe('server options', () => {
  const version = parseScrcpyVersion('3.3.4');
  it('control-only', () => {
    expect(buildServerArgs(version, controlServer(0x1234))).toEqual([
      '3.3.4',
      'scid=00001234',
      'log_level=info',
      'video=false',
      'audio=false',
      'control=true',
      'tunnel_forward=true',
      'clipboard_autosync=true',
      'cleanup=false',
    ]);
  });
  it('media: every setting that was asked for', () => {
    const args = buildServerArgs(version, mediaServer(1, { ...DEFAULT_ENCODER, maxSize: 640 }, true));
    expect(args).toEqual(
      expect.arrayContaining([
        'video=true',
        'audio=true',
        'control=true',
        'video_codec=h264',
        'audio_codec=opus',
        'max_size=640',
        'video_bit_rate=4000000',
        'max_fps=60',
        'video_codec_options=i-frame-interval=2',
        'clipboard_autosync=false',
        'power_on=false',
        'cleanup=false',
      ]),
    );
  });
  it.each([
    [{}, { bitRate: 400_000, maxSize: 480, maxFps: 20 }],
    [
      { bitRate: 50_000_000, maxSize: 2_560, maxFps: 120 },
      { bitRate: 400_000, maxSize: 480, maxFps: 20 },
    ],
    [
      { bitRate: 1_000_000, maxSize: 640, maxFps: 10 },
      { bitRate: 250_000, maxSize: 320, maxFps: 10 },
    ],
    [
      { bitRate: 100_000, maxSize: 180, maxFps: 1 },
      { bitRate: 100_000, maxSize: 180, maxFps: 1 },
    ],
  ])('the low layer beside %j is %j', (main, low) => {
    expect(lowEncoder({ ...DEFAULT_ENCODER, ...main })).toEqual({ ...low, iFrameInterval: 2 });
  });
  it('takes defaults for what the spec leaves out', () => {
    expect(encoderOptions(undefined)).toEqual(DEFAULT_ENCODER);
    expect(encoderOptions({ bitRate: 0, maxSize: 720, maxFps: 30 })).toEqual({
      ...DEFAULT_ENCODER,
      maxSize: 720,
      maxFps: 30,
    });
    expect(sameEncoder(DEFAULT_ENCODER, { ...DEFAULT_ENCODER })).toBe(true);
    expect(sameEncoder(DEFAULT_ENCODER, { ...DEFAULT_ENCODER, maxFps: 30 })).toBe(false);
  });
});

describe('paths of the phone', () => {
  it.each(['/sdcard/a b.txt', '/data/local/tmp/ü', '/a'])('takes %j', (path) => {
    expect(pathMistake(path)).toBeUndefined();
  });
  it.each([
    ['', 'is empty'],
    ['a/b', 'is not absolute'],
    ['/a/', 'names a directory'],
    ['/a/../b', "has a '.' or '..' part"],
    ['/a/./b', "has a '.' or '..' part"],
    ['/a\u0000b', 'has a control character'],
    ['/a\nb', 'has a control character'],
    [`/${'ü'.repeat(512)}`, 'has more than 1024 bytes'],
  ])('refuses %j', (path, mistake) => {
    expect(pathMistake(path)).toBe(mistake);
  });
});

describe('pm install', () => {
  it.each([
    ['Success\n', 0, { ok: true }],
    ['Performing Push Install\r\nSuccess\r\n', 0, { ok: true }],
    [
      'Failure [INSTALL_FAILED_INVALID_APK: no manifest]\n',
      0,
      { ok: false, reason: 'INSTALL_FAILED_INVALID_APK: no manifest' },
    ],
    ['', 137, { ok: false, reason: 'pm ended with exit code 137 and no words' }],
    ['Error: no such file', 255, { ok: false, reason: 'Error: no such file' }],
  ])('reads %j', (output, code, expected) => {
    expect(readInstallOutput(output, code)).toEqual(expected);
  });
});

describe('PNG', () => {
  const png = Buffer.from(
    // Signature, IHDR, and an IEND chunk.
    '89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000049454e44ae426082',
    'hex',
  );
  it('knows both ends', () => {
    expect([beginsAsPng(png), endsAsPng(png)]).toEqual([true, true]);
    expect(beginsAsPng(Buffer.from('screencap: not found'))).toBe(false);
    expect(endsAsPng(png.subarray(0, -1))).toBe(false);
    expect(endsAsPng(new Uint8Array(3))).toBe(false);
  });
});
