import crypto from 'node:crypto';

// RTP and RTCP, byte by byte: what is in them need not be true.

export function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32BE(value >>> 0, i * 4));
  return bytes;
}

/** RFC 3550 §5.1; `first` has version, padding, extension and the number of contributing sources. */
export function rtp(first: number, type: number, ssrc: number, rest: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.concat([Buffer.from([first, type, 0x12, 0x34]), u32(0xdecade, ssrc), rest]);
}

/** RFC 3550 §6.4; `words` as the header tells it. */
export function rtcp(count: number, type: number, body: Uint8Array, words = body.length / 4): Buffer {
  return Buffer.concat([Buffer.from([0x80 | count, type, words >> 8, words & 0xff]), body]);
}

export const noise = (length: number): Buffer => crypto.randomBytes(length);
