import { AppError } from '@ancloud/kit';
import { pathMistake } from '../core/phone-path.js';
import { fileError } from '../errors.js';
import type { Session } from '../io/session.js';

/** Largest file either way, bytes. */
export const FILE_MAX = 2 ** 32;
/** A phone that gives no byte for this long does not give any more. */
const PIECE_MS = 30_000;

export interface PushOptions {
  readonly path: string;
  /** Permission bits; 0 = 0644. */
  readonly mode: number;
  readonly source: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/** Writes a file into the phone; a transfer that fails leaves none. @returns bytes. Errors: INVALID_ARGUMENT, FILE_FAILED, ADB_*. */
export async function pushFile(
  session: Session,
  { path, mode, source, signal }: PushOptions,
): Promise<number> {
  const doing = `writing ${path} on ${session.phoneId}`;
  checkPath(doing, path);
  if (mode > 0o777)
    throw new AppError('INVALID_ARGUMENT', `${doing}: mode is 0${mode.toString(8)}`, {
      field: 'mode',
      value: `0${mode.toString(8)}`,
      fix: 'give permission bits from 0 to 0777',
    });
  const link = await session.reach(signal);
  try {
    return await link.push({ path, mode: mode === 0 ? 0o644 : mode, source, maxBytes: FILE_MAX, signal });
  } catch (error) {
    throw fileError(doing, path, error);
  }
}

/** A file of the phone, piece by piece, as fast as the caller takes them. Errors: INVALID_ARGUMENT, FILE_*, ADB_*. */
export async function* pullFile(
  session: Session,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const doing = `reading ${path} of ${session.phoneId}`;
  checkPath(doing, path);
  const link = await session.reach(signal);
  try {
    yield* link.pull({ path, maxBytes: FILE_MAX, timeoutMs: PIECE_MS, signal });
  } catch (error) {
    throw fileError(doing, path, error);
  }
}

function checkPath(doing: string, path: string): void {
  const mistake = pathMistake(path);
  if (mistake !== undefined)
    throw new AppError('INVALID_ARGUMENT', `${doing}: the path ${mistake}`, {
      field: 'path',
      value: path,
      fix: 'give an absolute path of a file inside the phone',
    });
}
