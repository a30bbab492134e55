import { RtpError } from './errors.js';

/** Bytes of an RTP header without CSRCs and extension (RFC 3550 §5.1). */
export const RTP_HEADER_SIZE = 12;

/** Writes an RTP header into the first 12 bytes of `to`, and returns that. */
export function writeHeader(
  to: Uint8Array,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): Uint8Array {
  to[0] = 0x80;
  to[1] = (marker ? 0x80 : 0) | payloadType;
  to[2] = sequence >>> 8;
  to[3] = sequence;
  to[4] = timestamp >>> 24;
  to[5] = timestamp >>> 16;
  to[6] = timestamp >>> 8;
  to[7] = timestamp;
  to[8] = ssrc >>> 24;
  to[9] = ssrc >>> 16;
  to[10] = ssrc >>> 8;
  to[11] = ssrc;
  return to;
}

/** A parsed RTP packet; `payload` is a view without padding. */
export interface RtpPacket {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly csrcs: readonly number[];
  /** Header extension (RFC 3550 §5.3.1). */
  readonly extension: { readonly profile: number; readonly data: Uint8Array } | undefined;
  readonly payload: Uint8Array;
}

/** @throws RtpError RTP_MALFORMED */
export function parseRtp(packet: Uint8Array): RtpPacket {
  const fail = (what: string): never => {
    throw new RtpError('RTP_MALFORMED', `${what} in a packet of ${packet.length} bytes`);
  };
  if (packet.length < RTP_HEADER_SIZE) fail('no whole RTP header');
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const first = packet[0]!;
  if (first >> 6 !== 2) fail(`version ${first >> 6} instead of 2`);
  let at = RTP_HEADER_SIZE;
  const csrcs: number[] = [];
  if (at + (first & 0x0f) * 4 > packet.length) fail('CSRC list cut off');
  for (let i = first & 0x0f; i > 0; i -= 1, at += 4) csrcs.push(view.getUint32(at));
  let extension: RtpPacket['extension'];
  if ((first & 0x10) !== 0) {
    if (at + 4 > packet.length) fail('extension cut off');
    const end = at + 4 + view.getUint16(at + 2) * 4;
    if (end > packet.length) fail('extension cut off');
    extension = { profile: view.getUint16(at), data: packet.subarray(at + 4, end) };
    at = end;
  }
  const padding = (first & 0x20) !== 0 ? packet[packet.length - 1]! : 0;
  if (((first & 0x20) !== 0 && padding === 0) || at + padding > packet.length)
    fail(`padding of ${padding} bytes`);
  return {
    marker: (packet[1]! & 0x80) !== 0,
    payloadType: packet[1]! & 0x7f,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    csrcs,
    extension,
    payload: packet.subarray(at, packet.length - padding),
  };
}
