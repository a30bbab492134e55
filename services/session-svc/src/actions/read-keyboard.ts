import type { ReadKeyboardResponse } from '@ancloud/contracts/session/v1/session';
import { inputShown } from '../core/input-method.js';
import { phoneError } from '../errors.js';
import type { Session } from '../io/session.js';

/** Input methods print their whole state. */
const DUMP_MAX = 4 << 20;
const READ_MS = 5_000;

/** Whether the phone's keyboard is on its screen: scrcpy has no message for it, so the phone is asked. Errors: SESSION_NOT_READY, ADB_*. */
export async function readKeyboard(session: Session, signal: AbortSignal): Promise<ReadKeyboardResponse> {
  try {
    const { stdout } = await session.link.runShell('dumpsys input_method', {
      timeoutMs: READ_MS,
      maxStdout: DUMP_MAX,
      signal,
    });
    return { shown: inputShown(stdout.toString('utf8')) };
  } catch (error) {
    throw phoneError(`asking ${session.phoneId} for its keyboard`, error);
  }
}
