import { int, RtpError } from './errors.js';

/** Seconds from 1900 (NTP) to 1970 (Unix). */
const NTP_UNIX = 2_208_988_800;

export interface SenderReport {
  readonly ssrc: number;
  /** Unix time of the report, µs. */
  readonly unixUs: number;
  /** RTP timestamp of the same instant, u32: `timeline.wrap(timeline.ticksAt(hostUs))`. */
  readonly rtpTimestamp: number;
  /** From RtpTimeline.state. */
  readonly packetCount: number;
  readonly octetCount: number;
  /** Names the source across its streams (lip sync); ASCII, at most 255 bytes. */
  readonly cname: string;
}

/**
 * A compound RTCP packet: sender report without reception blocks, then SDES with the CNAME
 * (RFC 3550 §6.4.1, §6.5; §6.1 asks for both). @throws RtpError RTP_VALUE
 */
export function buildSenderReport(report: SenderReport): Uint8Array {
  const { cname } = report;
  if (!/^[\x20-\x7e]{1,255}$/.test(cname))
    throw new RtpError(
      'RTP_VALUE',
      `cname ${JSON.stringify(cname)} must be 1 to 255 printable ASCII characters`,
    );
  int('unixUs', report.unixUs, 0, Number.MAX_SAFE_INTEGER);
  // SDES chunk: SSRC, item type, length, text, then at least one null to the next 32-bit boundary (§6.5).
  const chunk = Math.ceil((4 + 2 + cname.length + 1) / 4) * 4;
  const bytes = new Uint8Array(28 + 4 + chunk);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x80c8);
  view.setUint16(2, 6);
  view.setUint32(4, int('ssrc', report.ssrc, 0, 0xffff_ffff));
  const seconds = Math.floor(report.unixUs / 1_000_000);
  view.setUint32(8, (seconds + NTP_UNIX) % 0x1_0000_0000);
  view.setUint32(12, Math.floor(((report.unixUs - seconds * 1_000_000) * 0x1_0000_0000) / 1_000_000));
  view.setUint32(16, int('rtpTimestamp', report.rtpTimestamp, 0, 0xffff_ffff));
  view.setUint32(20, int('packetCount', report.packetCount, 0, 0xffff_ffff));
  view.setUint32(24, int('octetCount', report.octetCount, 0, 0xffff_ffff));
  view.setUint16(28, 0x81ca);
  view.setUint16(30, chunk / 4);
  view.setUint32(32, report.ssrc);
  bytes[36] = 1;
  bytes[37] = cname.length;
  for (let i = 0; i < cname.length; i += 1) bytes[38 + i] = cname.charCodeAt(i);
  return bytes;
}
