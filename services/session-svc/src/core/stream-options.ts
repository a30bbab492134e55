import type { Encoder } from '@ancloud/contracts/common/v1/common';
import type { ServerOptions } from '@ancloud/scrcpy-wire';

/** The spec's `encoder` with all defaults filled in. */
export interface EncoderOptions {
  readonly bitRate: number;
  /** 0 = the phone's own size. */
  readonly maxSize: number;
  readonly maxFps: number;
  /** Seconds; not to be chosen: what heals losses (docs/protocol.md, Key frames). */
  readonly iFrameInterval: number;
}

export const DEFAULT_ENCODER: EncoderOptions = {
  bitRate: 4_000_000,
  maxSize: 0,
  maxFps: 60,
  iFrameInterval: 2,
};

/** What the spec asks for, 0 = default. Its ranges are the gateway's, which wrote it. */
export function encoderOptions(given: Encoder | undefined): EncoderOptions {
  return {
    bitRate: given?.bitRate || DEFAULT_ENCODER.bitRate,
    maxSize: given?.maxSize || DEFAULT_ENCODER.maxSize,
    maxFps: given?.maxFps || DEFAULT_ENCODER.maxFps,
    iFrameInterval: DEFAULT_ENCODER.iFrameInterval,
  };
}

export function sameEncoder(a: EncoderOptions, b: EncoderOptions): boolean {
  return (Object.keys(DEFAULT_ENCODER) as (keyof EncoderOptions)[]).every((name) => a[name] === b[name]);
}

/** At most, for a link that carries a voice call: the shape of a page is seen, its text read with effort. */
const LOW_BIT_RATE = 400_000;
const LOW_SIZE = 480;
const LOW_FPS = 20;

/** The low layer's options beside those of the main one: never more than it, and within the spec's ranges. */
export function lowEncoder(main: EncoderOptions): EncoderOptions {
  return {
    bitRate: Math.max(100_000, Math.min(LOW_BIT_RATE, Math.floor(main.bitRate / 4))),
    maxSize: main.maxSize === 0 ? LOW_SIZE : Math.max(180, Math.min(LOW_SIZE, Math.floor(main.maxSize / 2))),
    maxFps: Math.min(LOW_FPS, main.maxFps),
    iFrameInterval: main.iFrameInterval,
  };
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

/** For one question: a server that tells of each change by itself answers none (scrcpy's Controller.getClipboard). Wakes no screen. */
export function askingServer(scid: number): NamedServer {
  return { ...controlServer(scid), clipboardAutosync: false, powerOn: false };
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
