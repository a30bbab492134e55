/** Stable codes of everything that can go wrong between a host and a phone's adbd. */
export type AdbErrorCode =
  /** Nothing listens: the TCP port, or the service or socket asked of adbd. */
  | 'ADB_REFUSED'
  /** adbd knows none of our keys: put publicKeyLine into /data/misc/adb/adb_keys and connect again. */
  | 'ADB_UNAUTHORIZED'
  /** A deadline passed. */
  | 'ADB_TIMEOUT'
  /** The connection, or the stream within it, was closed. */
  | 'ADB_CLOSED'
  /** The caller's signal. */
  | 'ADB_ABORTED'
  /** What answers is not an adbd, or not the phone that was expected. */
  | 'ADB_PROTOCOL'
  /** More output or file content than the caller allowed. */
  | 'ADB_TOO_LARGE'
  /** The phone refused a file: its own words are in the message. */
  | 'ADB_FILE'
  /** The key file cannot be used. */
  | 'ADB_KEY';

/** `code` is stable; `message` says what was being done to which phone; `cause` is kept. */
export class AdbError extends Error {
  override readonly name = 'AdbError';

  constructor(
    readonly code: AdbErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
