import { codes, type ErrorCode, isErrorCode } from '@ancloud/contracts';

export interface AppErrorOptions {
  /** Name of the offending field, variable or argument, as the caller spelled it. */
  readonly field?: string;
  /** Its value as text. Never a secret; shortened to 200 characters. */
  readonly value?: string;
  /** What the reader should do about it: an imperative sentence. */
  readonly fix?: string;
  /** What failed underneath. Kept for logs, never sent to clients. */
  readonly cause?: unknown;
}

const VALUE_LIMIT = 200;

/**
 * The one error class of ancloud: a stable code, a sentence that says what was being done and to which id, and where
 * known the field, its value and the fix. Translated to gRPC and HTTP at the edge only (`toGrpcError`, `toProblem`).
 *
 *     throw new AppError('PHONE_NOT_FOUND', `stopping ${id}: there is no such phone on this host`, { field: 'phone_id', value: id });
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly value: string | undefined;
  readonly fix: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.field = options.field;
    this.value = options.value === undefined ? undefined : shorten(options.value, VALUE_LIMIT);
    this.fix = options.fix;
  }
}

/** True for an AppError, of the given code when one is named. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/**
 * Any thrown thing as an AppError. What is not one becomes INTERNAL with a sentence that gives nothing away: the
 * original stands in `cause`, for the log.
 */
export function asAppError(error: unknown, fallback: ErrorCode = 'INTERNAL'): AppError {
  if (error instanceof AppError) return error;
  return new AppError(fallback, codes[fallback].title, { cause: error });
}

/** RFC 9457 problem details, with ancloud's extension members `code`, `field`, `value`, `fix`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly field?: string;
  readonly value?: string;
  readonly fix?: string;
  readonly instance?: string;
}

/**
 * The body of an `application/problem+json` answer (RFC 9457 section 3). `type` is a URI reference that never changes for a
 * code; `instance` names the occurrence, e.g. the request's trace id as a URI.
 */
export function toProblem(error: unknown, instance?: string): Problem {
  const app = asAppError(error);
  const row = codes[app.code];
  return {
    type: `urn:ancloud:error:${app.code.toLowerCase().replaceAll('_', '-')}`,
    title: row.title,
    status: row.http,
    detail: app.message,
    code: app.code,
    ...(app.field === undefined ? {} : { field: app.field }),
    ...(app.value === undefined ? {} : { value: app.value }),
    ...(app.fix === undefined ? {} : { fix: app.fix }),
    ...(instance === undefined ? {} : { instance }),
  };
}

/** The inverse of `toProblem`, for clients of the REST API. Undefined when `body` is not one of our problems. */
export function fromProblem(body: unknown): AppError | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { code, detail, title, field, value, fix } = body as Record<string, unknown>;
  if (typeof code !== 'string' || !isErrorCode(code)) return undefined;
  const message = typeof detail === 'string' ? detail : typeof title === 'string' ? title : codes[code].title;
  return new AppError(code, message, {
    ...(typeof field === 'string' ? { field } : {}),
    ...(typeof value === 'string' ? { value } : {}),
    ...(typeof fix === 'string' ? { fix } : {}),
  });
}

/** One line for people: code, message, and what to do. For terminals and log lines. */
export function describeError(error: unknown): string {
  if (error instanceof AppError) {
    const at =
      error.field === undefined
        ? ''
        : ` [${error.field}${error.value === undefined ? '' : `=${error.value}`}]`;
    return `${error.code}: ${error.message}${at}${error.fix === undefined ? '' : `\n  fix: ${error.fix}`}`;
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Ends a switch over a union: a new member that nobody handles does not compile. */
export function assertUnreachable(value: never): never {
  throw new AppError(
    'INVALID_STATE',
    `a case is not handled: ${shorten(JSON.stringify(value) ?? 'undefined', VALUE_LIMIT)}`,
  );
}

/** `text` cut to `limit` characters, with an ellipsis as the last of them when something was cut. */
export function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
