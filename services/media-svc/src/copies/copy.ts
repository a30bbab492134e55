import type { AccessUnit } from '@ancloud/rtp';
import { type AvcConfig, avcSample } from '../core/avc-config.js';
import { AUDIO_TRACK, VIDEO_TRACK, writeFrame, writeHeader } from '../core/matroska.js';
import { MediaTimes } from '../core/media-times.js';
import { Ffmpeg, type FfmpegEnd } from '../io/ffmpeg.js';

export interface CopyOptions {
  readonly argv: readonly string[];
  /** A file that is written to, the caller's to close; or who takes what ffmpeg writes, all of it before `ended`. */
  readonly stdout: number | ((chunk: Buffer) => void);
  readonly config: AvcConfig;
  readonly audio: boolean;
}

/** Why a frame was not taken: it is of another clock, or ffmpeg is behind. */
export type Refusal = 'leap' | 'slow';

/**
 * One ffmpeg and the frames of a phone that it is fed, from a key frame on: pictures of one configuration, with or without sound. Owns
 * the ffmpeg; ends by `close`, or with it.
 */
export class Copy {
  readonly config: AvcConfig;
  readonly audio: boolean;
  readonly #ffmpeg: Ffmpeg;
  readonly #times = new MediaTimes();
  #frames = 0;
  #bytes = 0;

  constructor(options: CopyOptions) {
    this.config = options.config;
    this.audio = options.audio;
    this.#ffmpeg = new Ffmpeg(options.argv, options.stdout);
    const { record, size } = options.config;
    this.#write([writeHeader({ video: { config: record, ...size }, audio: options.audio })]);
  }

  /** Pictures it was fed. */
  get frames(): number {
    return this.#frames;
  }

  /** Bytes it was fed: what it writes has about as many. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of its ffmpeg. */
  get pid(): number {
    return this.#ffmpeg.pid;
  }

  get ended(): Promise<FfmpegEnd> {
    return this.#ffmpeg.ended;
  }

  picture(unit: AccessUnit, arrivalMs: number): Refusal | undefined {
    const time = this.#times.place('video', unit.timestamp, arrivalMs);
    if (time === undefined) return 'leap';
    const sample = avcSample(unit);
    if (sample.length === 0) return undefined;
    if (!this.#write(writeFrame(VIDEO_TRACK, time, unit.keyFrame, sample))) return 'slow';
    this.#frames += 1;
    return undefined;
  }

  /** A packet that cannot be placed is left out: the next picture tells why. */
  sound(packet: Uint8Array, timestamp: number, arrivalMs: number): void {
    if (!this.audio || packet.length === 0) return;
    const time = this.#times.place('audio', timestamp, arrivalMs);
    if (time !== undefined) this.#write(writeFrame(AUDIO_TRACK, time, true, [packet]));
  }

  /** What was fed is written; resolves with how it ended. May be called twice. */
  close(): Promise<FfmpegEnd> {
    this.#ffmpeg.end();
    return this.#ffmpeg.ended;
  }

  #write(parts: readonly Uint8Array[]): boolean {
    if (!this.#ffmpeg.write(parts)) return false;
    this.#bytes += parts.reduce((sum, part) => sum + part.length, 0);
    return true;
  }
}
