import { ScrcpyError } from './errors.js';
import { atLeast } from './version.js';
import type { ScrcpyVersion } from './version.js';

/** Options of the server, named as in 4.1; absent = the server's default (in brackets). */
export interface ServerOptions {
  /** Names the socket `scrcpy_<8 hex digits>`; 31 bits. [none: `scrcpy`] */
  scid?: number;
  logLevel?: 'verbose' | 'debug' | 'info' | 'warn' | 'error';
  /** [true]; the key exists since 2.1, before that video cannot be left out. */
  video?: boolean;
  /** [true] */
  audio?: boolean;
  /** [true] */
  control?: boolean;
  /** [h264] */
  videoCodec?: 'h264' | 'h265' | 'av1' | 'vp8' | 'vp9';
  /** [opus] */
  audioCodec?: 'opus' | 'aac' | 'flac' | 'raw';
  /** [display]; since 2.2. */
  videoSource?: 'display' | 'camera';
  /** `output`, `mic`, `playback`, `mic-*`, `voice-*` [output]; since 2.1. */
  audioSource?: string;
  /** Keep playing on the phone too (needs audioSource playback, Android 13) [false]; since 2.6. */
  audioDup?: boolean;
  /** Longest side, pixels; 0 = as it is [0]. */
  maxSize?: number;
  /** 1, 2, 4, 8 or 16 [1]; since 4.0. */
  minSizeAlignment?: number;
  /** Bit/s [8,000,000]. */
  videoBitRate?: number;
  /** Bit/s [128,000]. */
  audioBitRate?: number;
  /** Frames/s, fractions allowed [no limit]. */
  maxFps?: number;
  /** Degrees, fractions allowed [0]; since 3.0. */
  angle?: number;
  /**
   * `0`, `90`, `180`, `270`, `flip0` … `flip270`; with `@` in front locked to it; `@` alone = locked as it is at start.
   * Before 3.0 this becomes lock_video_orientation, which knows only the locked ones without flip.
   */
  captureOrientation?: string;
  /** The server listens and the client connects through adb [false]. */
  tunnelForward?: boolean;
  /** `width:height:x:y` in the phone's natural orientation. */
  crop?: string;
  /** [0] */
  displayId?: number;
  showTouches?: boolean;
  stayAwake?: boolean;
  /** ms; since 3.0. */
  screenOffTimeout?: number;
  /** Comma list `key[:int|long|float|string]=value`, e.g. `i-frame-interval=2`. */
  videoCodecOptions?: string;
  audioCodecOptions?: string;
  videoEncoder?: string;
  audioEncoder?: string;
  powerOffOnClose?: boolean;
  /** Tell the client of each clipboard change [true]. */
  clipboardAutosync?: boolean;
  /** [true] */
  downsizeOnError?: boolean;
  /** Delete the jar and restore settings at the end [true]; false when the jar is to be used again. */
  cleanup?: boolean;
  /** Wake the screen at the start [true]. */
  powerOn?: boolean;
  /** `[width x height][/dpi]`, '' = the main display's; since 3.0. */
  newDisplay?: string;
  /** [true]; since 3.1. */
  vdDestroyContent?: boolean;
  /** [true]; since 3.0. */
  vdSystemDecorations?: boolean;
  /** The client may resize the new display [false]; since 4.0. */
  flexDisplay?: boolean;
  /** Since 3.2. */
  displayImePolicy?: 'local' | 'fallback' | 'hide';
  /** Since 4.0. */
  keepActive?: boolean;
  /** Since 4.1. */
  ignoreVideoEncoderConstraints?: boolean;
  /** Since 2.2: camera_id, camera_size, camera_facing, camera_ar, camera_fps, camera_high_speed. */
  cameraId?: string;
  cameraSize?: string;
  cameraFacing?: 'front' | 'back' | 'external';
  cameraAr?: string;
  cameraFps?: number;
  cameraHighSpeed?: boolean;
  /** Since 4.0. */
  cameraTorch?: boolean;
  cameraZoom?: number;
  /** The 64-byte name on the first socket [true]. */
  sendDeviceMeta?: boolean;
  /** The 12-byte header of each packet [true]. */
  sendFrameMeta?: boolean;
  /** The byte 0 on the first socket when tunnelForward [true]. */
  sendDummyByte?: boolean;
  /** Codec id and sizes [true]; the key is send_codec_meta before 4.0. */
  sendStreamMeta?: boolean;
}

type Since = readonly [major: number, minor: number];
type Rule = { readonly key: string; readonly since?: Since };

/** Key on the command line and the release that brought it (case labels of Options.java, Server.java in 2.0-2.2). */
const RULES: { readonly [K in keyof Required<ServerOptions>]: Rule } = {
  scid: { key: 'scid' },
  logLevel: { key: 'log_level' },
  video: { key: 'video', since: [2, 1] },
  audio: { key: 'audio' },
  control: { key: 'control' },
  videoCodec: { key: 'video_codec' },
  audioCodec: { key: 'audio_codec' },
  videoSource: { key: 'video_source', since: [2, 2] },
  audioSource: { key: 'audio_source', since: [2, 1] },
  audioDup: { key: 'audio_dup', since: [2, 6] },
  maxSize: { key: 'max_size' },
  minSizeAlignment: { key: 'min_size_alignment', since: [4, 0] },
  videoBitRate: { key: 'video_bit_rate' },
  audioBitRate: { key: 'audio_bit_rate' },
  maxFps: { key: 'max_fps' },
  angle: { key: 'angle', since: [3, 0] },
  captureOrientation: { key: 'capture_orientation' },
  tunnelForward: { key: 'tunnel_forward' },
  crop: { key: 'crop' },
  displayId: { key: 'display_id' },
  showTouches: { key: 'show_touches' },
  stayAwake: { key: 'stay_awake' },
  screenOffTimeout: { key: 'screen_off_timeout', since: [3, 0] },
  videoCodecOptions: { key: 'video_codec_options' },
  audioCodecOptions: { key: 'audio_codec_options' },
  videoEncoder: { key: 'video_encoder' },
  audioEncoder: { key: 'audio_encoder' },
  powerOffOnClose: { key: 'power_off_on_close' },
  clipboardAutosync: { key: 'clipboard_autosync' },
  downsizeOnError: { key: 'downsize_on_error' },
  cleanup: { key: 'cleanup' },
  powerOn: { key: 'power_on' },
  newDisplay: { key: 'new_display', since: [3, 0] },
  vdDestroyContent: { key: 'vd_destroy_content', since: [3, 1] },
  vdSystemDecorations: { key: 'vd_system_decorations', since: [3, 0] },
  flexDisplay: { key: 'flex_display', since: [4, 0] },
  displayImePolicy: { key: 'display_ime_policy', since: [3, 2] },
  keepActive: { key: 'keep_active', since: [4, 0] },
  ignoreVideoEncoderConstraints: { key: 'ignore_video_encoder_constraints', since: [4, 1] },
  cameraId: { key: 'camera_id', since: [2, 2] },
  cameraSize: { key: 'camera_size', since: [2, 2] },
  cameraFacing: { key: 'camera_facing', since: [2, 2] },
  cameraAr: { key: 'camera_ar', since: [2, 2] },
  cameraFps: { key: 'camera_fps', since: [2, 2] },
  cameraHighSpeed: { key: 'camera_high_speed', since: [2, 2] },
  cameraTorch: { key: 'camera_torch', since: [4, 0] },
  cameraZoom: { key: 'camera_zoom', since: [4, 0] },
  sendDeviceMeta: { key: 'send_device_meta' },
  sendFrameMeta: { key: 'send_frame_meta' },
  sendDummyByte: { key: 'send_dummy_byte' },
  sendStreamMeta: { key: 'send_stream_meta' },
};

/** lock_video_orientation of 2.x (app/src/options.h): counted counter-clockwise, -2 = as it is at start. */
const LOCK: Readonly<Record<string, string>> = { '@': '-2', '@0': '0', '@90': '3', '@180': '2', '@270': '1' };

/** What scrcpy's own client refuses (server.c validate_string): the command passes through the phone's shell. */
const SHELL_SPECIAL = /[\s;'"*$?&`#\\|<>[\]{}()!~]/;

/** Name of the abstract socket a server listens on (DesktopConnection.java). */
export function serverSocketName(scid: number | undefined): string {
  return scid === undefined ? 'scrcpy' : `scrcpy_${hex8(scid)}`;
}

function hex8(scid: number): string {
  if (!Number.isInteger(scid) || scid < 0 || scid > 0x7fff_ffff)
    throw new ScrcpyError('SCRCPY_VALUE', `scid is ${scid}; give an integer of 31 bits`);
  return scid.toString(16).padStart(8, '0');
}

/**
 * The arguments of com.genymobile.scrcpy.Server: the version, then key=value for each option that is present.
 * An option the version lacks is an error, because the server would only warn and go on with its default.
 * @throws ScrcpyError SCRCPY_OPTION_UNSUPPORTED, SCRCPY_VALUE
 */
export function buildServerArgs(version: ScrcpyVersion, options: ServerOptions): string[] {
  const args = [version.text];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- RULES has exactly these keys
  for (const [name, rule] of Object.entries(RULES) as [keyof ServerOptions, Rule][]) {
    const value = options[name];
    if (value === undefined) continue;
    if (rule.since !== undefined && !atLeast(version, ...rule.since))
      throw new ScrcpyError(
        'SCRCPY_OPTION_UNSUPPORTED',
        `option ${name} needs scrcpy ${rule.since.join('.')}, the server is ${version.text}`,
      );
    let key = rule.key;
    let text = name === 'scid' && typeof value === 'number' ? hex8(value) : String(value);
    if (name === 'sendStreamMeta' && version.major < 4) key = 'send_codec_meta';
    if (name === 'captureOrientation' && version.major < 3) {
      key = 'lock_video_orientation';
      const lock = LOCK[text];
      if (lock === undefined)
        throw new ScrcpyError(
          'SCRCPY_OPTION_UNSUPPORTED',
          `captureOrientation ${text} needs scrcpy 3.0; ${version.text} knows ${Object.keys(LOCK).join(' ')}`,
        );
      text = lock;
    }
    if (typeof value === 'number' && (!Number.isFinite(value) || value < 0))
      throw new ScrcpyError('SCRCPY_VALUE', `option ${name} is ${value}; give a number from 0 up`);
    if (SHELL_SPECIAL.test(text))
      throw new ScrcpyError(
        'SCRCPY_VALUE',
        `option ${name} has a character that the phone's shell would interpret`,
      );
    args.push(`${key}=${text}`);
  }
  return args;
}

/**
 * The whole command for the phone's shell, as scrcpy's client composes it (server.c execute_server); join with blanks.
 * @throws ScrcpyError SCRCPY_VALUE when the jar's path has a shell character, else as buildServerArgs
 */
export function buildServerCommand(
  jarPath: string,
  version: ScrcpyVersion,
  options: ServerOptions,
): string[] {
  if (jarPath === '' || SHELL_SPECIAL.test(jarPath))
    throw new ScrcpyError(
      'SCRCPY_VALUE',
      `jarPath ${JSON.stringify(jarPath)} has a shell character or is empty`,
    );
  return [
    `CLASSPATH=${jarPath}`,
    'app_process',
    '/',
    'com.genymobile.scrcpy.Server',
    ...buildServerArgs(version, options),
  ];
}
