/**
 * Every error code of ancloud, once. A code is a promise to clients: it may be added, never renamed.
 *
 * `grpc` is the canonical gRPC status number, `http` the REST status of the problem+json answer (RFC 9457), `title` its
 * short sentence. Translation happens at the edge only; inside, an AppError carries the code.
 */
export interface CodeRow {
  readonly grpc: number;
  readonly http: number;
  readonly title: string;
}

const row = (grpc: number, http: number, title: string): CodeRow => ({ grpc, http, title });

// gRPC status numbers: https://grpc.github.io/grpc/core/md_doc_statuscodes.html
const INVALID = 3;
const DEADLINE = 4;
const NOT_FOUND = 5;
const EXISTS = 6;
const DENIED = 7;
const EXHAUSTED = 8;
const PRECONDITION = 9;
const ABORTED = 10;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

export const codes = {
  INVALID_ARGUMENT: row(INVALID, 400, 'A value is not acceptable'),
  CONFIG_INVALID: row(PRECONDITION, 500, 'The configuration has mistakes'),
  MESSAGE_MALFORMED: row(INVALID, 400, 'A message could not be read'),
  MESSAGE_TOO_LARGE: row(EXHAUSTED, 413, 'A message is larger than allowed'),
  UNAUTHENTICATED: row(UNAUTHENTICATED, 401, 'Credentials are missing or wrong'),
  TOKEN_INVALID: row(UNAUTHENTICATED, 401, 'The token is not valid'),
  TOKEN_EXPIRED: row(UNAUTHENTICATED, 401, 'The token has expired'),
  TOKEN_USED: row(UNAUTHENTICATED, 401, 'The token was used before'),
  TOKEN_REVOKED: row(UNAUTHENTICATED, 401, 'The token was taken back'),
  VIEWER_REVOKED: row(UNAUTHENTICATED, 401, "The viewer's right was taken back"),
  FORBIDDEN: row(DENIED, 403, 'Not allowed'),
  ORIGIN_REFUSED: row(DENIED, 403, 'The Origin is not allowed'),
  PATH_NOT_ALLOWED: row(DENIED, 403, 'The path is outside the allowed folders'),
  RATE_LIMITED: row(EXHAUSTED, 429, 'Too many requests'),
  QUOTA_EXCEEDED: row(EXHAUSTED, 429, 'A quota is used up'),

  PHONE_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such phone'),
  PHONE_EXISTS: row(EXISTS, 409, 'The phone exists already'),
  PHONE_DELETING: row(PRECONDITION, 409, 'The phone is being deleted'),
  PHONE_NOT_RUNNING: row(PRECONDITION, 409, 'The phone is not running'),
  PHONE_NOT_STILL: row(PRECONDITION, 409, 'The phone is neither stopped nor paused'),
  PHONE_PAUSED: row(PRECONDITION, 409, 'The phone is paused'),
  PROFILE_CHANGE: row(PRECONDITION, 409, 'The image is of another profile'),
  PHONE_MANAGED_BY_FARM: row(PRECONDITION, 409, 'The phone belongs to a farm; use the gateway'),
  BOOT_FAILED: row(INTERNAL, 500, 'The phone did not boot'),
  IMAGE_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such image'),
  IMAGE_INVALID: row(INVALID, 422, 'The file is not a usable image'),
  IMAGE_IN_USE: row(PRECONDITION, 409, 'The image is in use'),
  UPLOAD_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such upload'),
  UPLOAD_CONFLICT: row(ABORTED, 409, 'The upload stands elsewhere'),
  SNAPSHOT_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such snapshot'),
  SNAPSHOT_IN_USE: row(PRECONDITION, 409, 'The snapshot is in use'),
  SNAPSHOT_ELSEWHERE: row(PRECONDITION, 409, 'The snapshot is on another host'),
  RECORDING_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such recording'),
  RECORDING_RUNNING: row(PRECONDITION, 409, 'The phone is being recorded already'),
  FEED_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such feed'),
  FEED_NOT_LIVE: row(PRECONDITION, 409, 'Nobody sends to the feed yet'),
  PUSH_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such push'),
  DESTINATION_REFUSED: row(DENIED, 403, 'The farm sends nothing there'),
  HOST_PORT_TAKEN: row(PRECONDITION, 409, "The host's port is taken"),
  HOST_PORT_REFUSED: row(DENIED, 403, 'The host lets phones have no such port'),
  GAMEPAD_UNAVAILABLE: row(PRECONDITION, 409, 'No host can give the phone a gamepad'),
  RANGE_INVALID: row(INVALID, 416, 'The range is not in the file'),
  HOST_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such host'),
  NO_HOST: row(EXHAUSTED, 503, 'No host can take the phone'),
  HOST_DRAINED: row(PRECONDITION, 409, 'The host is kept drained'),
  HOST_ID_TAKEN: row(ABORTED, 409, 'Another machine holds this host id'),
  OPERATION_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such operation'),
  OPERATION_TIMEOUT: row(DEADLINE, 504, 'The operation did not end in time'),
  IDEMPOTENCY_MISMATCH: row(PRECONDITION, 422, 'The idempotency key was used for another request'),
  SDP_INVALID: row(INVALID, 400, 'The session description is not acceptable'),
  CODEC_UNSUPPORTED: row(INVALID, 422, 'No codec in common'),
  ETAG_MISSING: row(PRECONDITION, 428, 'The request must name an entity tag'),
  ETAG_MISMATCH: row(PRECONDITION, 412, 'The entity tag is another one'),
  GROUP_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such group'),
  GROUP_CHANGED: row(ABORTED, 409, 'The group was changed meanwhile'),
  MACRO_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such macro'),
  MACRO_CHANGED: row(ABORTED, 409, 'The macro was changed meanwhile'),
  MACRO_BUSY: row(PRECONDITION, 409, 'A macro is recorded or played on the phone already'),
  WAIT_TIMEOUT: row(DEADLINE, 504, 'The screen did not look as wanted in time'),
  OCR_MISSING: row(UNIMPLEMENTED, 501, 'The farm cannot read text from pictures'),
  VIEWER_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such viewer'),
  ROUTE_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such resource'),
  METHOD_NOT_ALLOWED: row(UNIMPLEMENTED, 405, 'The resource does not know this method'),
  UNSUPPORTED_MEDIA: row(INVALID, 415, 'The body has a media type that is not read here'),

  SESSION_NOT_FOUND: row(NOT_FOUND, 404, 'The phone has no session'),
  SESSION_NOT_READY: row(UNAVAILABLE, 503, 'The phone cannot be reached yet'),
  STREAM_FAILED: row(UNAVAILABLE, 502, 'The phone sends no picture'),
  SRTP_REQUIRED: row(PRECONDITION, 409, 'The picture may only travel encrypted'),
  STREAM_ELSEWHERE: row(ABORTED, 409, 'Another media-svc carries the stream'),
  FENCED: row(ABORTED, 409, 'A newer holder has taken over'),
  SCRIPT_TOO_LONG: row(INVALID, 422, 'The script is longer than allowed'),
  INPUT_DROPPED: row(ABORTED, 409, 'The phone did not take the input'),
  CONTROL_NOT_HELD: row(PRECONDITION, 409, 'Somebody else holds the controls'),
  INSTALL_FAILED: row(PRECONDITION, 422, 'The phone refused the app'),
  FILE_NOT_FOUND: row(NOT_FOUND, 404, 'There is no such file on the phone'),
  FILE_FAILED: row(PRECONDITION, 422, 'The file could not be transferred'),
  SCREENSHOT_FAILED: row(UNAVAILABLE, 502, 'The phone gave no screenshot'),

  ADB_REFUSED: row(UNAVAILABLE, 502, 'adbd does not accept the connection'),
  ADB_UNAUTHORIZED: row(DENIED, 502, 'adbd does not know our key'),
  ADB_TIMEOUT: row(DEADLINE, 504, 'adbd did not answer in time'),
  ADB_CLOSED: row(UNAVAILABLE, 502, 'adbd closed the connection'),
  SCRCPY_FAILED: row(UNAVAILABLE, 502, "scrcpy's server did not start"),

  CAPACITY: row(EXHAUSTED, 503, 'There is no room'),
  DISK_FULL: row(EXHAUSTED, 507, 'The disk is full'),
  PORT_TAKEN: row(UNAVAILABLE, 500, 'The port is in use'),
  KERNEL_FEATURE_MISSING: row(PRECONDITION, 500, 'The kernel lacks a feature'),
  SUBNET_TAKEN: row(PRECONDITION, 500, 'The network range is in use on this host'),
  EXEC_FAILED: row(INTERNAL, 500, 'A program failed'),
  STEP_FAILED: row(INTERNAL, 500, 'A step on the host failed'),
  UNAVAILABLE: row(UNAVAILABLE, 503, 'A service is not reachable'),
  UNAVAILABLE_STATE: row(UNAVAILABLE, 503, 'Redis is not reachable'),
  UNAVAILABLE_BUS: row(UNAVAILABLE, 503, 'NATS is not reachable'),
  FARM_RECOVERING: row(UNAVAILABLE, 503, 'The farm is rebuilding its records'),
  DEADLINE_EXCEEDED: row(DEADLINE, 504, 'It took too long'),
  CANCELLED: row(1, 499, 'The caller went away'),
  INVALID_STATE: row(INTERNAL, 500, 'An event came in a state that does not expect it'),
  INTERNAL: row(INTERNAL, 500, 'Something went wrong inside'),
} as const satisfies Record<string, CodeRow>;

export type ErrorCode = keyof typeof codes;

/** True for a string that is one of our codes, e.g. one that came over the wire. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(codes, code);
}
