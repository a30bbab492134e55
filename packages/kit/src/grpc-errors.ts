import { codes, type ErrorCode, isErrorCode } from '@ancloud/contracts';
import { ErrorDetail } from '@ancloud/contracts/common/v1/common';
import { Metadata, status } from '@grpc/grpc-js';
import { AppError, asAppError, shorten } from './errors.js';

/** Trailing metadata that carries `ancloud.common.v1.ErrorDetail`, so that code, field and fix survive the hop. */
export const ERROR_DETAIL_KEY = 'ancloud-error-bin';

/** Trailers travel as HTTP/2 headers, of which peers take 16 KiB by default: the sentence is cut well below. */
const MESSAGE_LIMIT = 2_000;

/** An error in the shape that grpc-js sends: status number, details, trailing metadata. Made by `toGrpcError` only. */
export class GrpcStatusError extends Error {
  override readonly name = 'GrpcStatusError';
  constructor(
    readonly code: number,
    readonly details: string,
    readonly metadata: Metadata,
    cause: unknown,
  ) {
    super(details, { cause });
  }
}

/** What a server answers for any thrown thing: the status of the code's row, and the detail in trailing metadata. */
export function toGrpcError(error: unknown): GrpcStatusError {
  if (error instanceof GrpcStatusError) return error;
  const app = asAppError(error);
  const message = shorten(app.message.toWellFormed(), MESSAGE_LIMIT);
  const metadata = new Metadata();
  const detail: ErrorDetail = {
    code: app.code,
    message,
    field: app.field?.toWellFormed() ?? '',
    value: app.value?.toWellFormed() ?? '',
    fix: shorten(app.fix?.toWellFormed() ?? '', MESSAGE_LIMIT),
  };
  metadata.set(ERROR_DETAIL_KEY, Buffer.from(ErrorDetail.encode(detail).finish()));
  return new GrpcStatusError(codes[app.code].grpc, message, metadata, error);
}

/** Codes for statuses that no ancloud service sent: they come from grpc-js itself or from a proxy in between. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  [status.CANCELLED]: 'CANCELLED',
  [status.INVALID_ARGUMENT]: 'INVALID_ARGUMENT',
  [status.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [status.PERMISSION_DENIED]: 'FORBIDDEN',
  [status.RESOURCE_EXHAUSTED]: 'MESSAGE_TOO_LARGE',
  [status.UNAVAILABLE]: 'UNAVAILABLE',
  // A service of an older version, while a farm is upgraded.
  [status.UNIMPLEMENTED]: 'UNAVAILABLE',
  [status.UNAUTHENTICATED]: 'UNAUTHENTICATED',
};

interface StatusLike {
  readonly code: number;
  readonly details?: unknown;
  readonly metadata?: unknown;
}

function isStatusLike(error: unknown): error is StatusLike {
  return (
    typeof error === 'object' && error !== null && typeof (error as { code?: unknown }).code === 'number'
  );
}

/**
 * The AppError that the peer threw, or one made from the bare status when the error came from the transport. `call` says
 * what was being done, e.g. `calling GetPhone on 10.0.0.2:7001`; it is put before messages of the transport only.
 */
export function fromGrpcError(error: unknown, call?: string): AppError {
  if (error instanceof AppError) return error;
  if (!isStatusLike(error)) return asAppError(error);
  const detail = errorDetailOf(error);
  if (detail !== undefined)
    return new AppError(
      isErrorCode(detail.code) ? detail.code : (BY_STATUS[error.code] ?? 'INTERNAL'),
      detail.message,
      {
        ...(detail.field === '' ? {} : { field: detail.field }),
        ...(detail.value === '' ? {} : { value: detail.value }),
        ...(detail.fix === '' ? {} : { fix: detail.fix }),
        cause: error,
      },
    );
  const text =
    typeof error.details === 'string' && error.details !== ''
      ? error.details
      : (status[error.code] ?? 'unknown status');
  return new AppError(BY_STATUS[error.code] ?? 'INTERNAL', call === undefined ? text : `${call}: ${text}`, {
    cause: error,
  });
}

/** The detail an ancloud service attached; undefined for errors of the transport. */
export function errorDetailOf(error: unknown): ErrorDetail | undefined {
  if (!isStatusLike(error) || !(error.metadata instanceof Metadata)) return undefined;
  const [bytes] = error.metadata.get(ERROR_DETAIL_KEY);
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return ErrorDetail.decode(bytes);
  } catch {
    return undefined;
  }
}
