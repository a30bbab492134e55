/**
 * What ffmpeg is fed: Matroska (RFC 9559) as a live stream, since it is the simplest container that carries H.264 and Opus with
 * their times. One cluster for each frame: nothing is held back, and a reader that is killed has all that came before. Pure.
 */

export interface VideoTrack {
  /** AVCDecoderConfigurationRecord (core/avc-config.ts). */
  readonly config: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface TracksOptions {
  readonly video: VideoTrack;
  /** With Opus in stereo as track 2. */
  readonly audio: boolean;
}

export const VIDEO_TRACK = 1;
export const AUDIO_TRACK = 2;

/** Of a block's times: 1 µs, in ns. */
const TIMESTAMP_SCALE = 1_000;
/** RFC 7845 §4.6: what a decoder wants to hear before it sounds right. */
const OPUS_PRE_ROLL_NS = 80_000_000;

const Id = {
  ebml: 0x1a45dfa3,
  ebmlVersion: 0x4286,
  ebmlReadVersion: 0x42f7,
  ebmlMaxIdLength: 0x42f2,
  ebmlMaxSizeLength: 0x42f3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  flagLacing: 0x9c,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  seekPreRoll: 0x56bb,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

/** What stands before the first frame. */
export function writeHeader({ video, audio }: TracksOptions): Uint8Array {
  return concat([
    element(Id.ebml, [
      uint(Id.ebmlVersion, 1),
      uint(Id.ebmlReadVersion, 1),
      uint(Id.ebmlMaxIdLength, 4),
      uint(Id.ebmlMaxSizeLength, 8),
      text(Id.docType, 'matroska'),
      uint(Id.docTypeVersion, 4),
      uint(Id.docTypeReadVersion, 2),
    ]),
    // Unknown size: it ends with the stream.
    idBytes(Id.segment),
    Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    element(Id.info, [
      uint(Id.timestampScale, TIMESTAMP_SCALE),
      text(Id.muxingApp, 'ancloud'),
      text(Id.writingApp, 'ancloud'),
    ]),
    element(Id.tracks, [
      element(Id.trackEntry, [
        ...entry(VIDEO_TRACK, 1, 'V_MPEG4/ISO/AVC', video.config),
        element(Id.video, [uint(Id.pixelWidth, video.width), uint(Id.pixelHeight, video.height)]),
      ]),
      ...(audio
        ? [
            element(Id.trackEntry, [
              ...entry(AUDIO_TRACK, 2, 'A_OPUS', OPUS_HEAD),
              uint(Id.seekPreRoll, OPUS_PRE_ROLL_NS),
              element(Id.audio, [
                // 48000.0 as a float of 32 bits.
                element(Id.samplingFrequency, [Uint8Array.of(0x47, 0x3b, 0x80, 0x00)]),
                uint(Id.channels, 2),
              ]),
            ]),
          ]
        : []),
    ]),
  ]);
}

/**
 * One frame at `timeUs` since the stream's beginning. `parts` are its bytes, in order: they are handed back, behind what has to
 * stand before them, and not copied.
 */
export function writeFrame(
  track: typeof VIDEO_TRACK | typeof AUDIO_TRACK,
  timeUs: number,
  keyFrame: boolean,
  parts: readonly Uint8Array[],
): Uint8Array[] {
  const size = lengthOf(parts);
  // Track number, 16 bits of time within the cluster, flags (RFC 9559 §10.2).
  const block = Uint8Array.of(0x80 | track, 0, 0, keyFrame ? 0x80 : 0);
  const time = uint(Id.timestamp, timeUs);
  const blockHead = concat([idBytes(Id.simpleBlock), sizeBytes(block.length + size), block]);
  const head = concat([
    idBytes(Id.cluster),
    sizeBytes(time.length + blockHead.length + size),
    time,
    blockHead,
  ]);
  return [head, ...parts];
}

const OPUS_HEAD_REST = [1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0];
/** RFC 7845 §5.1: version 1, stereo, no pre-skip (times are those of what was heard), 48 kHz, no gain, mapping 0. */
const OPUS_HEAD = Uint8Array.from([
  ...new TextEncoder().encode('OpusHead'),
  // Version, channels, pre-skip, rate (both little-endian), gain, mapping.
  ...OPUS_HEAD_REST,
]);

function entry(number: number, type: number, codec: string, config: Uint8Array): Uint8Array[] {
  return [
    uint(Id.trackNumber, number),
    uint(Id.trackUid, number),
    uint(Id.trackType, type),
    uint(Id.flagLacing, 0),
    text(Id.codecId, codec),
    element(Id.codecPrivate, [config]),
  ];
}

function element(id: number, content: readonly Uint8Array[]): Uint8Array {
  return concat([idBytes(id), sizeBytes(lengthOf(content)), ...content]);
}

function uint(id: number, value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return element(id, [Uint8Array.from(bytes.length === 0 ? [0] : bytes)]);
}

function text(id: number, value: string): Uint8Array {
  return element(id, [new TextEncoder().encode(value)]);
}

/** An id brings its own length marker. */
function idBytes(id: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = id; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

/** A size in 4 bytes (RFC 8794 §6): up to 256 MiB. */
function sizeBytes(size: number): Uint8Array {
  return Uint8Array.of(0x10 | (size >>> 24), size >>> 16, size >>> 8, size);
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
