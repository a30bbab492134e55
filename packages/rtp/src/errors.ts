/** Stable codes of everything this package refuses. */
export type RtpErrorCode =
  /** A parameter is out of range. */
  | 'RTP_VALUE'
  /** Bytes that are no RTP packet of version 2. */
  | 'RTP_MALFORMED'
  /** An Opus packet that does not fit into one RTP packet (RFC 7587 forbids splitting). */
  | 'RTP_TOO_LARGE'
  /** A packet that could not be encrypted: it is not to be sent. */
  | 'RTP_CIPHER';

/** `code` is stable, `message` names the field, the value and the fix. */
export class RtpError extends Error {
  override readonly name = 'RtpError';

  constructor(
    readonly code: RtpErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** An integer in [min, max], or RTP_VALUE naming the field. */
export function int(field: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new RtpError('RTP_VALUE', `${field} is ${value}; give an integer from ${min} to ${max}`);
  return value;
}
