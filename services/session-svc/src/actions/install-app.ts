import { randomBytes } from 'node:crypto';
import { shellQuote } from '@ancloud/adb';
import { AppError } from '@ancloud/kit';
import type { Log } from '@ancloud/kit';
import { readInstallOutput } from '../core/package-manager.js';
import { fileError, phoneError } from '../errors.js';
import { INSTALL_PREFIX } from '../io/phone-link.js';
import type { Session } from '../io/session.js';

/** 4 GiB, the most a sync transfer of this protocol version can tell. */
export const APP_MAX = 2 ** 32;
/** The package manager of a loaded phone compiles for minutes. */
const PM_MS = 10 * 60_000;
const REMOVE_MS = 10_000;

export interface InstallOptions {
  /** Bytes that will come. */
  readonly size: number;
  readonly source: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Copies the APK into the phone, has its package manager install it, and removes the copy whatever happens.
 * @returns what the package manager said. Errors: INVALID_ARGUMENT, INSTALL_FAILED, FILE_FAILED, ADB_*.
 */
export async function installApp(session: Session, options: InstallOptions): Promise<string> {
  const { size, source, signal, log } = options;
  const doing = `installing an app on ${session.phoneId}`;
  if (!Number.isInteger(size) || size < 1 || size > APP_MAX)
    throw new AppError('INVALID_ARGUMENT', `${doing}: size is ${size}`, {
      field: 'size',
      value: String(size),
      fix: `give the bytes of the APK, 1 to ${APP_MAX}`,
    });
  const link = await session.reach(signal);
  const path = `${INSTALL_PREFIX}${randomBytes(8).toString('hex')}.apk`;
  try {
    const pushed = await link
      .push({ path, source, mode: 0o644, maxBytes: size, signal })
      .catch((error: unknown) => Promise.reject(fileError(doing, path, error)));
    if (pushed !== size)
      throw new AppError('INVALID_ARGUMENT', `${doing}: ${pushed} bytes came, ${size} were announced`, {
        field: 'size',
      });
    const pm = await link
      .runShell(`pm install -r ${shellQuote(path)}`, { timeoutMs: PM_MS, signal })
      .catch((error: unknown) => Promise.reject(phoneError(doing, error)));
    const output = `${pm.stdout.toString('utf8')}${pm.stderr.toString('utf8')}`;
    const outcome = readInstallOutput(output, pm.exitCode);
    if (!outcome.ok)
      throw new AppError('INSTALL_FAILED', `${doing}: ${outcome.reason}`, { value: outcome.reason });
    return output.trim();
  } finally {
    // Not by the caller's signal: a cancelled installation must be cleaned up too.
    await link
      .runShell(`rm -f ${shellQuote(path)}`, { timeoutMs: REMOVE_MS })
      .catch((err: unknown) =>
        log.warn({ phone: session.phoneId, path, err }, 'a copied APK was not removed'),
      );
  }
}
