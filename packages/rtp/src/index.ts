/**
 * Access units → RTP packets: H.264 (RFC 6184) and Opus (RFC 7587), their sequence numbers and timestamps over
 * encoder restarts, their encryption (RFC 3711, RFC 7714), and what tests and reports need. Pure: no sockets, no clock (the caller gives the host's time).
 * `@ancloud/rtp/openssl` encrypts faster, and loads koffi: for who encrypts many.
 */
export type { Aead, AeadOf } from './aead.js';
export { RtpError } from './errors.js';
export type { RtpErrorCode } from './errors.js';
export { H264Depacketizer } from './h264-depacketizer.js';
export type { AccessUnit } from './h264-depacketizer.js';
export { DEFAULT_MTU, H264Packetizer } from './h264.js';
export type { H264PacketizerOptions, RtpEmit } from './h264.js';
export { parseRtp, RTP_HEADER_SIZE } from './header.js';
export type { RtpPacket } from './header.js';
export { findStartCode, forEachNal, isIdr, NalType, nalType, nalTypes } from './nal.js';
export { OPUS_CLOCK_RATE, OpusPacketizer, opusSamples } from './opus.js';
export type { OpusPacketizerOptions } from './opus.js';
export { PtsClock } from './pts-clock.js';
export { buildSenderReport } from './rtcp.js';
export type { SenderReport } from './rtcp.js';
export { sizeFromConfig } from './sps.js';
export type { PictureSize } from './sps.js';
export { SRTCP_TRAILER_SIZE, SRTP_TAG_SIZE, SrtpSender } from './srtp.js';
export { isSrtpSuite, sameSrtp, srtpMasterSize } from './srtp-keys.js';
export type { SrtpMaster, SrtpSuite } from './srtp-keys.js';
export { RtpTimeline } from './timeline.js';
export type { RtpTimelineOptions, RtpTimelineState } from './timeline.js';
