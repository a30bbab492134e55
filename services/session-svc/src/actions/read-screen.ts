import type { ReadScreenRequest, ReadScreenResponse } from '@ancloud/contracts/session/v1/session';
import { AppError } from '@ancloud/kit';
import { cutScreencap } from '../core/screencap.js';
import { phoneError } from '../errors.js';
import type { Session } from '../io/session.js';

/** 2560×2560 pixels of four bytes, and the head. */
const RAW_MAX = 2_560 * 2_560 * 4 + 16;
/** More would not fit an answer. */
const PART_MAX = 4_000_000;
const READ_MS = 15_000;

/**
 * A part of the screen as plain pixels. The phone writes all of it raw, which costs it a tenth of what a PNG costs, and us one copy.
 * Errors: INVALID_ARGUMENT, SCREENSHOT_FAILED, SESSION_NOT_READY, ADB_*.
 */
export async function readScreen(
  session: Session,
  { x, y, width, height }: ReadScreenRequest,
  signal: AbortSignal,
): Promise<ReadScreenResponse> {
  for (const [field, share] of Object.entries({ x, y, width, height }))
    if (!(share >= 0 && share <= 1))
      throw new AppError('INVALID_ARGUMENT', `${field} is no fraction of the picture`, {
        field,
        value: String(share),
        fix: 'a number from 0 to 1',
      });
  const doing = `reading the screen of ${session.phoneId}`;
  try {
    const link = await session.reach(signal);
    const { stdout, stderr, exitCode } = await link.runShell('screencap', {
      timeoutMs: READ_MS,
      maxStdout: RAW_MAX,
      signal,
    });
    const part = cutScreencap(stdout, { x, y, width, height });
    if (part === undefined) {
      const words = stderr.toString('utf8').trim().slice(0, 200) || 'what it wrote is no picture';
      throw new AppError(
        'SCREENSHOT_FAILED',
        `${doing}: screencap ended with exit code ${exitCode}: ${words}`,
      );
    }
    if (part.width * part.height > PART_MAX)
      throw new AppError(
        'INVALID_ARGUMENT',
        `${part.width}×${part.height} pixels are more than ${PART_MAX}`,
        {
          field: 'width',
          value: String(width),
          fix: 'read a smaller part',
        },
      );
    return part;
  } catch (error) {
    throw phoneError(doing, error);
  }
}
