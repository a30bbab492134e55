import { ByteWriter, u16, u32 } from '../bytes.js';
import { ScrcpyError } from '../errors.js';
import type { MediaDialect } from '../version.js';
import { CODEC_ID, kindOf } from './codec.js';
import type { MediaCodec } from './codec.js';

/** What the server's side of a media socket writes (Streamer.java): for fakes and tests. */

/** A picture size; both 1-65535. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The first bytes of a stream: codec id, then in v3 video the size. In v4 a session packet must follow for video. */
export function encodeStreamHeader(dialect: MediaDialect, codec: MediaCodec, size?: Size): Uint8Array {
  const withSize = dialect === 'v3' && kindOf(codec) === 'video';
  if (!withSize) return new ByteWriter(4).u32(CODEC_ID[codec]).bytes;
  if (size === undefined) throw new ScrcpyError('SCRCPY_VALUE', 'size is missing; a v3 video header has it');
  return new ByteWriter(12).u32(CODEC_ID[codec]).u32(u16('width', size.width)).u32(u16('height', size.height))
    .bytes;
}

/** The 4 bytes sent instead of a stream: `unavailable` (go on without it) or `error` (stop). */
export function encodeDisabledStream(why: 'unavailable' | 'error'): Uint8Array {
  return new ByteWriter(4).u32(why === 'error' ? 1 : 0).bytes;
}

/** A v4 session packet. */
export function encodeSessionPacket(size: Size, clientResize = false): Uint8Array {
  return new ByteWriter(12)
    .u32((0x8000_0000 | (clientResize ? 1 : 0)) >>> 0)
    .u32(u16('width', size.width))
    .u32(u16('height', size.height)).bytes;
}

/** The 12 bytes in front of a packet's payload; `ptsUs` is ignored for config packets. */
export function encodePacketHeader(
  dialect: MediaDialect,
  packet: { config?: boolean; keyFrame?: boolean; ptsUs: number; size: number },
): Uint8Array {
  const { config = false, keyFrame = false, ptsUs, size } = packet;
  if (!Number.isSafeInteger(ptsUs) || ptsUs < 0)
    throw new ScrcpyError('SCRCPY_VALUE', `ptsUs is ${ptsUs}; give µs from 0 to 2^53 - 1`);
  const configBit = dialect === 'v4' ? 1n << 62n : 1n << 63n;
  const keyBit = configBit >> 1n;
  const head = config ? configBit : BigInt(ptsUs) | (keyFrame ? keyBit : 0n);
  return new ByteWriter(HEADER_SIZE).u64(head).u32(u32('size', size)).bytes;
}

const HEADER_SIZE = 12;
