/** A request that the farm refused, or that did not reach it; told to people by `message` and `fix`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    /** One of ancloud's stable codes; UNREACHABLE when there was no answer. */
    readonly code: string,
    message: string,
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly fix = '',
    /** The field of the request that is wrong, as REST spells it; empty when it is none. */
    readonly field = '',
  ) {
    super(message);
  }
}

/** A problem+json answer (RFC 9457) of the gateway, or whatever else came instead of one. */
export function problemOf(status: number, body: string): ApiError {
  let problem: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) problem = parsed as Record<string, unknown>;
  } catch {
    // A proxy's page: its status is all that can be told.
  }
  const text = (name: string): string => (typeof problem[name] === 'string' ? problem[name] : '');
  const code = text('code');
  if (code === '')
    return new ApiError(
      'UNREACHABLE',
      `The farm answered with ${status} and nothing that can be read`,
      status,
    );
  return new ApiError(code, text('detail') || text('title') || code, status, text('fix'), text('field'));
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}
