/**
 * scrcpy's wire formats, servers 2.0 to 4.1: bytes ⇔ values and nothing else. No I/O, no clock, no node: imports.
 * Source: Genymobile/scrcpy at the tags v2.0 to v4.1 (files are named at each format).
 */
export * from './constants.js';
export { ScrcpyError } from './errors.js';
export type { ScrcpyErrorCode } from './errors.js';
export { atLeast, mediaDialect, parseScrcpyVersion } from './version.js';
export type { MediaDialect, ScrcpyVersion } from './version.js';
export { CODEC_ID } from './media/codec.js';
export type { AudioCodec, MediaCodec, MediaKind, VideoCodec } from './media/codec.js';
export { createMediaParser } from './media/parser.js';
export type {
  MediaPacket,
  MediaParser,
  MediaParserOptions,
  MediaSession,
  MediaSink,
} from './media/parser.js';
export {
  encodeDisabledStream,
  encodePacketHeader,
  encodeSessionPacket,
  encodeStreamHeader,
} from './media/write.js';
export type { Size } from './media/write.js';
export { createPreambleParser, encodePreamble } from './preamble.js';
export type { Preamble, PreambleOptions, PreambleParser } from './preamble.js';
export { createControlParser, serializeControl, supportsControl } from './control/control.js';
export type { ControlParserOptions } from './control/control.js';
export { splitInjectText } from './control/inject-text.js';
export type * from './control/message.js';
export { createDeviceMessageParser, serializeDeviceMessage } from './device-message.js';
export type { DeviceMessage, DeviceMessageParserOptions } from './device-message.js';
export type { MessageStream } from './message-stream.js';
export { buildServerArgs, buildServerCommand, serverSocketName } from './server-args.js';
export type { ServerOptions } from './server-args.js';
