/** Stable codes of everything this package refuses. */
export type ScrcpyErrorCode =
  /** The server version is not one whose wire format is known. */
  | 'SCRCPY_VERSION_UNSUPPORTED'
  /** The stream named a codec this package does not know, or one of the other kind. */
  | 'SCRCPY_CODEC_UNKNOWN'
  /** Codec id 0: the phone cannot capture this stream (audio before Android 11); go on without it. */
  | 'SCRCPY_STREAM_DISABLED'
  /** Codec id 1: the phone could not configure its encoder; stop the session. */
  | 'SCRCPY_STREAM_CONFIG'
  /** A length field is above the limit given by the caller. */
  | 'SCRCPY_TOO_LARGE'
  /** Bytes that no server or client of this version sends. */
  | 'SCRCPY_MALFORMED'
  /** The stream ended inside a header or a packet. */
  | 'SCRCPY_TRUNCATED'
  /** A message type that this version does not have: there is no length to skip by, the channel is lost. */
  | 'SCRCPY_MESSAGE_UNKNOWN'
  /** A message that the server of this version would not understand. */
  | 'SCRCPY_MESSAGE_UNSUPPORTED'
  /** A field of a message or an option is out of range. */
  | 'SCRCPY_VALUE'
  /** An option that the server of this version does not have (it would only warn and use its default). */
  | 'SCRCPY_OPTION_UNSUPPORTED';

/** An error of the scrcpy wire formats; `code` is stable, `message` names the field, the value and the fix. */
export class ScrcpyError extends Error {
  override readonly name = 'ScrcpyError';

  constructor(
    readonly code: ScrcpyErrorCode,
    message: string,
  ) {
    super(message);
  }
}
