import type { VideoOptions } from '@ancloud/contracts/session/v1/session';
import type { ServerOptions } from '@ancloud/scrcpy-wire';

/** VideoOptions with all defaults filled in. */
export interface EncoderOptions {
  readonly bitRate: number;
  /** 0 = the phone's own size. */
  readonly maxSize: number;
  readonly maxFps: number;
  /** Seconds. */
  readonly iFrameInterval: number;
}

export const DEFAULT_ENCODER: EncoderOptions = {
  bitRate: 4_000_000,
  maxSize: 0,
  maxFps: 60,
  iFrameInterval: 2,
};

const RANGES: Readonly<Record<keyof EncoderOptions, readonly [field: string, min: number, max: number]>> = {
  bitRate: ['video.bit_rate', 100_000, 50_000_000],
  maxSize: ['video.max_size', 180, 2_560],
  maxFps: ['video.max_fps', 1, 120],
  iFrameInterval: ['video.i_frame_interval', 1, 10],
};

export interface RangeMistake {
  readonly field: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

/** Fills in defaults (0 = default); a value out of range comes back as the mistake. */
export function encoderOptions(given: VideoOptions | undefined): EncoderOptions | RangeMistake {
  const options: { -readonly [K in keyof EncoderOptions]: number } = { ...DEFAULT_ENCODER };
  for (const name of Object.keys(RANGES) as (keyof EncoderOptions)[]) {
    const value = given?.[name] ?? 0;
    if (value === 0) continue;
    const [field, min, max] = RANGES[name];
    if (value < min || value > max) return { field, value, min, max };
    options[name] = value;
  }
  return options;
}

export function sameEncoder(a: EncoderOptions, b: EncoderOptions): boolean {
  return (Object.keys(RANGES) as (keyof EncoderOptions)[]).every((name) => a[name] === b[name]);
}

/** Options with a socket name of their own, so that servers of one phone do not meet. */
export type NamedServer = ServerOptions & { readonly scid: number };

/** What both kinds of server have in common: the jar stays for the next one, and adb's forward tunnel is used. */
function common(scid: number): NamedServer {
  return { scid, logLevel: 'info', tunnelForward: true, cleanup: false };
}

/** The control-only server. It alone tells of the clipboard, so that no text comes twice. */
export function controlServer(scid: number): NamedServer {
  return { ...common(scid), video: false, audio: false, control: true, clipboardAutosync: true };
}

/** Video and audio, with a control socket for RESET_VIDEO and for asking the clipboard. */
export function mediaServer(scid: number, encoder: EncoderOptions, audio: boolean): NamedServer {
  return {
    ...common(scid),
    video: true,
    audio,
    control: true,
    clipboardAutosync: false,
    // A server that comes and goes with its viewers must not wake the screen each time.
    powerOn: false,
    videoCodec: 'h264',
    videoBitRate: encoder.bitRate,
    maxFps: encoder.maxFps,
    videoCodecOptions: `i-frame-interval=${encoder.iFrameInterval}`,
    ...(encoder.maxSize === 0 ? {} : { maxSize: encoder.maxSize }),
    ...(audio ? { audioCodec: 'opus' as const, audioBitRate: 128_000 } : {}),
  };
}
