import { H264Packetizer, RtpTimeline } from '@ancloud/rtp';
import { encodePacketHeader, encodeSessionPacket, encodeStreamHeader } from '@ancloud/scrcpy-wire';
import { paced } from './paced.js';

/** A made-up film: what of it matters for a relay are sizes and NAL types. */
export interface FilmOptions {
  readonly seconds: number;
  readonly framesPerSecond: number;
  /** Bits per second, key frames included. */
  readonly bitRate: number;
  /** Frames from one key frame to the next. */
  readonly group: number;
  /** How many times as large as another frame a key frame is. */
  readonly keyFrameRatio: number;
}

export interface Film {
  readonly options: FilmOptions;
  /** SPS and PPS of 720×1280, Constrained Baseline, Annex-B. */
  readonly config: Uint8Array;
  /** Annex-B, one NAL unit each; the last four bytes are `frameTag` of its number. */
  readonly units: readonly Uint8Array[];
}

const CONFIG = Uint8Array.from([
  0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0xe9, 0x01, 0x68, 0x0a, 0x14, 0x20, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80,
]);
const IDR = 0x65;
const SLICE = 0x41;

/** A frame's number in four bytes of which none is 0, so that no start code arises: seven bits each. */
export function frameTag(number: number): number {
  const byte = (shift: number): number => 0x80 | ((number >>> shift) & 0x7f);
  return ((byte(21) << 24) | (byte(14) << 16) | (byte(7) << 8) | byte(0)) >>> 0;
}

/** The number in a tag. */
export function frameNumber(tag: number): number {
  const part = (shift: number): number => (tag >>> shift) & 0x7f;
  return (part(24) << 21) | (part(16) << 14) | (part(8) << 7) | part(0);
}

export function film(options: FilmOptions): Film {
  const { seconds, framesPerSecond, bitRate, group, keyFrameRatio } = options;
  const other = ((bitRate / 8 / framesPerSecond) * group) / (group - 1 + keyFrameRatio);
  const units = Array.from({ length: seconds * framesPerSecond }, (_, number) => {
    const key = number % group === 0;
    const unit = new Uint8Array(Math.round(key ? other * keyFrameRatio : other));
    // Bytes 1 to 255, not all alike: nothing on the way compresses, and 0 would need escaping.
    for (let i = 0; i < unit.length; i++) unit[i] = 1 + ((i * 197 + number * 31) % 255);
    unit.set([0, 0, 0, 1, key ? IDR : SLICE]);
    new DataView(unit.buffer).setUint32(unit.length - 4, frameTag(number));
    return unit;
  });
  return { options, config: CONFIG, units };
}

/** As scrcpy 4.1 sends it on its video socket, PTS left 0 (native/app_process.c). */
export function scrcpyFrames({ options, config, units }: Film): Uint8Array {
  const head = Buffer.concat([
    encodeStreamHeader('v4', 'h264'),
    encodeSessionPacket({ width: 720, height: 1280 }),
    encodePacketHeader('v4', { config: true, ptsUs: 0, size: config.length }),
    config,
  ]);
  const frames = units.map((data, number) => {
    const keyFrame = number % options.group === 0;
    return [Buffer.concat([encodePacketHeader('v4', { keyFrame, ptsUs: 0, size: data.length }), data])];
  });
  return paced(intervalUs(options), head, frames);
}

/** As session-svc would cut it into RTP. */
export function rtpFrames({ options, config, units }: Film, ssrc: number, payloadType: number): Uint8Array {
  let packets: Buffer[] = [];
  const timeline = new RtpTimeline({ ssrc, payloadType, clockRate: 90_000, sequence: 1 });
  const packetizer = new H264Packetizer({
    timeline,
    emit: (header, payload) => packets.push(Buffer.concat([header, payload])),
  });
  packetizer.setConfig(config);
  const frames = units.map((unit, number) => {
    packets = [];
    packetizer.packetize(unit, Math.round((number * 1_000_000) / options.framesPerSecond));
    return packets;
  });
  return paced(intervalUs(options), new Uint8Array(0), frames);
}

function intervalUs({ framesPerSecond }: FilmOptions): number {
  return Math.round(1_000_000 / framesPerSecond);
}
