import { describe, expect, it } from 'vitest';
import {
  atLeast,
  buildServerArgs,
  buildServerCommand,
  mediaDialect,
  parseScrcpyVersion,
  serverSocketName,
} from './index.js';
import type { ServerOptions } from './index.js';

const v = parseScrcpyVersion;

describe('server version', () => {
  it.each(['2.0', '2.7', '3.3.4', '4.1', '4.1.2'])('%s is known', (text) => expect(v(text).text).toBe(text));
  it.each(['1.25', '2.8', '3.4', '4.2', '5.0', '', '4', '4.1-beta', 'v4.1', '4.1.', '04x'])(
    '%j is refused',
    (text) => expect(() => v(text)).toThrow(expect.objectContaining({ code: 'SCRCPY_VERSION_UNSUPPORTED' })),
  );
  it('orders and tells the dialect', () => {
    expect(atLeast(v('3.3'), 3, 3, 1)).toBe(false);
    expect(atLeast(v('3.3.1'), 3, 3, 1)).toBe(true);
    expect(atLeast(v('4.0'), 3, 3, 1)).toBe(true);
    expect([v('2.0'), v('3.3.4'), v('4.0')].map(mediaDialect)).toEqual(['v3', 'v3', 'v4']);
  });
});

describe('server arguments', () => {
  const options: ServerOptions = {
    scid: 0xabc,
    audio: false,
    maxSize: 1280,
    maxFps: 59.94,
    videoCodecOptions: 'i-frame-interval=2',
    tunnelForward: true,
    sendStreamMeta: true,
  };
  const common = [
    'scid=00000abc',
    'audio=false',
    'max_size=1280',
    'max_fps=59.94',
    'tunnel_forward=true',
    'video_codec_options=i-frame-interval=2',
  ];

  it.each([
    ['4.1', 'send_stream_meta=true'],
    ['3.3.4', 'send_codec_meta=true'],
  ])('%s: the version first, then keys of that version', (version, meta) => {
    expect(buildServerArgs(v(version), options)).toEqual([version, ...common, meta]);
  });

  it('composes the command as scrcpy does', () => {
    expect(buildServerCommand('/data/local/tmp/scrcpy-server.jar', v('4.1'), { control: true })).toEqual([
      'CLASSPATH=/data/local/tmp/scrcpy-server.jar',
      'app_process',
      '/',
      'com.genymobile.scrcpy.Server',
      '4.1',
      'control=true',
    ]);
    expect(serverSocketName(0xabc)).toBe('scrcpy_00000abc');
    expect(serverSocketName(undefined)).toBe('scrcpy');
  });

  it.each([
    ['@', '-2'],
    ['@90', '3'],
    ['@270', '1'],
  ])('capture orientation %s is lock_video_orientation=%s in 2.x', (captureOrientation, lock) => {
    expect(buildServerArgs(v('2.7'), { captureOrientation })).toEqual([
      '2.7',
      `lock_video_orientation=${lock}`,
    ]);
    expect(buildServerArgs(v('3.0'), { captureOrientation })).toEqual([
      '3.0',
      `capture_orientation=${captureOrientation}`,
    ]);
  });

  it.each([
    ['2.7', { captureOrientation: '90' }],
    ['2.7', { newDisplay: '' }],
    ['3.3.4', { flexDisplay: true }],
    ['4.0', { ignoreVideoEncoderConstraints: true }],
    ['2.0', { video: false }],
  ] satisfies [string, ServerOptions][])('%s has no %o: an error, not a silent default', (version, wrong) => {
    expect(() => buildServerArgs(v(version), wrong)).toThrow(
      expect.objectContaining({
        code: 'SCRCPY_OPTION_UNSUPPORTED',
        message: expect.stringContaining(version) as string,
      }),
    );
  });

  it.each([
    { crop: '1:2:3:4;reboot' },
    { videoEncoder: '$(reboot)' },
    { videoEncoder: 'a b' },
    { scid: 2 ** 31 },
    { scid: -1 },
    { maxSize: -1 },
    { maxFps: Number.NaN },
  ])('%o is refused: nothing of it may reach the phone’s shell', (wrong) => {
    expect(() => buildServerArgs(v('4.1'), wrong)).toThrow(expect.objectContaining({ code: 'SCRCPY_VALUE' }));
  });
  it.each(['', '/a b', '/x;y'])('jar path %j is refused', (path) => {
    expect(() => buildServerCommand(path, v('4.1'), {})).toThrow(
      expect.objectContaining({ code: 'SCRCPY_VALUE' }),
    );
  });
});
