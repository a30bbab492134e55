import { AppError } from '@ancloud/kit';

/**
 * What the worker says to parameters of a viewer's, as they came. Its refusals are plain Errors; that it, or what was asked, is gone has classes of its own and stays
 * our fault. Errors: INVALID_ARGUMENT.
 */
export async function refusable<T>(field: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (cause) {
    if (!(cause instanceof Error) || Object.getPrototypeOf(cause) !== Error.prototype) throw cause;
    throw new AppError('INVALID_ARGUMENT', `mediasoup refuses this: ${cause.message}`, { field, cause });
  }
}

/** What a request failed with. mediasoup throws TypeError for what it cannot read. */
export function readable(method: string, cause: unknown): unknown {
  if (!(cause instanceof TypeError)) return cause;
  return new AppError('MESSAGE_MALFORMED', `the request ${method} could not be read: ${cause.message}`, {
    field: 'data',
    cause,
  });
}
