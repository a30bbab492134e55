import { ScrcpyError } from '../errors.js';

export type MediaKind = 'video' | 'audio';
export type VideoCodec = 'h264' | 'h265' | 'av1' | 'vp8' | 'vp9';
export type AudioCodec = 'opus' | 'aac' | 'flac' | 'raw';
export type MediaCodec = VideoCodec | AudioCodec;

/** Codec ids on the wire: ASCII, right-aligned (VideoCodec.java, AudioCodec.java). */
export const CODEC_ID: Readonly<Record<MediaCodec, number>> = {
  h264: 0x68323634,
  h265: 0x68323635,
  av1: 0x00617631,
  vp8: 0x00767038,
  vp9: 0x00767039,
  opus: 0x6f707573,
  aac: 0x00616163,
  flac: 0x666c6163,
  raw: 0x00726177,
};

const KIND: Readonly<Record<MediaCodec, MediaKind>> = {
  h264: 'video',
  h265: 'video',
  av1: 'video',
  vp8: 'video',
  vp9: 'video',
  opus: 'audio',
  aac: 'audio',
  flac: 'audio',
  raw: 'audio',
};

const ALL: readonly MediaCodec[] = ['h264', 'h265', 'av1', 'vp8', 'vp9', 'opus', 'aac', 'flac', 'raw'];
const BY_ID = new Map(ALL.map((codec) => [CODEC_ID[codec], codec]));

export const kindOf = (codec: MediaCodec): MediaKind => KIND[codec];

/**
 * The codec of a stream that should be of this kind.
 * @throws ScrcpyError SCRCPY_STREAM_DISABLED (id 0), SCRCPY_STREAM_CONFIG (id 1), SCRCPY_CODEC_UNKNOWN.
 */
export function codecFromId(id: number, kind: MediaKind): MediaCodec {
  if (id === 0)
    throw new ScrcpyError('SCRCPY_STREAM_DISABLED', `the phone disabled ${kind}: it cannot capture it`);
  if (id === 1)
    throw new ScrcpyError('SCRCPY_STREAM_CONFIG', `the phone could not configure its ${kind} encoder`);
  const codec = BY_ID.get(id);
  if (codec === undefined || KIND[codec] !== kind)
    throw new ScrcpyError('SCRCPY_CODEC_UNKNOWN', `0x${id.toString(16)} is not a ${kind} codec of scrcpy`);
  return codec;
}
