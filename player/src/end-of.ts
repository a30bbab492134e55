import { type End, SignalError } from './signal.js';

/** What this browser lacks for the picture; named as mediasoup-client names it. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
}

/** A failed beginning as an end. Which codes are worth another attempt is decided elsewhere. */
export function endOf(error: unknown): End {
  if (error instanceof SignalError) return { code: error.code, message: error.message, retry: true };
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  // mediasoup-client's name for a browser it does not know, or one without the picture's codec.
  if (name === 'UnsupportedError')
    return {
      code: 'BROWSER_UNSUPPORTED',
      message: `this browser cannot show the picture: ${message}`,
      retry: false,
    };
  return { code: 'INTERNAL', message, retry: true };
}
