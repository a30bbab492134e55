import { AdbError } from '@ancloud/adb';
import { AppError } from '@ancloud/kit';
import { ScrcpyError } from '@ancloud/scrcpy-wire';
import type { ErrorCode } from '@ancloud/contracts';

/** What an error of the adb package is to callers. File and limit errors depend on what was being done: see `fileError`. */
const ADB_CODES: Readonly<Record<AdbError['code'], ErrorCode>> = {
  ADB_REFUSED: 'ADB_REFUSED',
  ADB_UNAUTHORIZED: 'ADB_UNAUTHORIZED',
  ADB_TIMEOUT: 'ADB_TIMEOUT',
  ADB_CLOSED: 'ADB_CLOSED',
  ADB_ABORTED: 'CANCELLED',
  ADB_PROTOCOL: 'ADB_REFUSED',
  ADB_TOO_LARGE: 'MESSAGE_TOO_LARGE',
  ADB_FILE: 'FILE_FAILED',
  ADB_KEY: 'CONFIG_INVALID',
};

const FIXES: Partial<Record<AdbError['code'], string>> = {
  ADB_UNAUTHORIZED:
    "put session-svc's public key into the phone's /data/misc/adb/adb_keys (container-svc does so at boot)",
  ADB_REFUSED: 'wait until the phone has booted; see its log when it stays so',
};

export const phonePaused = (phoneId: string): AppError =>
  new AppError('PHONE_PAUSED', `phone ${phoneId} is paused`, {
    field: 'phone_id',
    value: phoneId,
    fix: 'resume the phone first',
  });

export const notReached = (phoneId: string, why: string): AppError =>
  new AppError('SESSION_NOT_READY', `phone ${phoneId} cannot be reached yet: ${why}`, {
    field: 'phone_id',
    value: phoneId,
    fix: 'try again when its session is READY',
  });

/** Any failure while reaching into a phone as an AppError that says what was being done. */
export function phoneError(doing: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof AdbError) {
    const fix = FIXES[error.code];
    return new AppError(ADB_CODES[error.code], `${doing}: ${error.message}`, {
      cause: error,
      ...(fix === undefined ? {} : { fix }),
    });
  }
  if (error instanceof ScrcpyError)
    return new AppError('SCRCPY_FAILED', `${doing}: ${error.code}: ${error.message}`, { cause: error });
  return new AppError('INTERNAL', `${doing}: ${error instanceof Error ? error.message : 'failed'}`, {
    cause: error,
  });
}

/** As phoneError, with the phone's own words about a file read. */
export function fileError(doing: string, path: string, error: unknown): AppError {
  if (error instanceof AdbError && error.code === 'ADB_FILE') {
    const missing = /No such file or directory/i.test(error.message);
    return new AppError(missing ? 'FILE_NOT_FOUND' : 'FILE_FAILED', `${doing}: ${error.message}`, {
      field: 'path',
      value: path,
      cause: error,
    });
  }
  return phoneError(doing, error);
}

/** Asked of a session that sends nothing unencrypted. */
export const srtpRequired = (phoneId: string): AppError =>
  new AppError('SRTP_REQUIRED', `${phoneId}: media-svc gave no key, and nothing leaves here without`, {
    field: 'srtp',
    fix: 'update media-svc, and set its ANCLOUD_RTP_SRTP to auto or always; or set that of session-svc to auto',
  });

export function fenced(phoneId: string, fence: number, newest: number): AppError {
  return new AppError('FENCED', `${phoneId}: a newer media-svc has attached`, {
    field: 'fence',
    value: `${fence} < ${newest}`,
    fix: 'take the stream lease again before attaching',
  });
}
