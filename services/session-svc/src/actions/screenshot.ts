import { AppError } from '@ancloud/kit';
import { beginsAsPng, endsAsPng } from '../core/png.js';
import { phoneError } from '../errors.js';
import type { Session } from '../io/session.js';

/** A 2560×2560 screen of noise is 26 MB. */
const PNG_MAX = 32 << 20;
const SCREENSHOT_MS = 15_000;

/** The screen as the phone's own screencap draws it. Errors: SCREENSHOT_FAILED, SESSION_NOT_READY, ADB_*. */
export async function takeScreenshot(session: Session, signal: AbortSignal): Promise<Uint8Array> {
  const doing = `taking a screenshot of ${session.phoneId}`;
  const link = await session.reach(signal);
  try {
    const { exitCode, stdout, stderr } = await link.runShell('screencap -p', {
      timeoutMs: SCREENSHOT_MS,
      maxStdout: PNG_MAX,
      signal,
    });
    if (beginsAsPng(stdout) && endsAsPng(stdout)) return stdout;
    const words = (stderr.length > 0 ? stderr : stdout.subarray(0, 200)).toString('utf8').trim();
    const said = beginsAsPng(stdout) ? 'the picture is cut off' : words.slice(0, 200) || 'it said nothing';
    throw new AppError('SCREENSHOT_FAILED', `${doing}: screencap ended with exit code ${exitCode}: ${said}`);
  } catch (error) {
    throw phoneError(doing, error);
  }
}
