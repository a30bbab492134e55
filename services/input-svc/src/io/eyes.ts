import type { SessionServiceClient } from '@ancloud/contracts/session/v1/session';
import { AppError, type ClientPool } from '@ancloud/kit';
import type { Wait } from '../core/macro.js';
import { type Seen, seesColor, seesText } from '../core/seen.js';
import type { TextReader } from './text-reader.js';

/** A loaded phone takes seconds for a screenshot. */
const LOOK_MS = 15_000;

/** Looks at phones' screens for programs, by their session-svcs. */
export class Eyes {
  readonly #sessions: ClientPool<typeof SessionServiceClient.service>;
  readonly #reader: TextReader;

  constructor(sessions: ClientPool<typeof SessionServiceClient.service>, reader: TextReader) {
    this.#sessions = sessions;
    this.#reader = reader;
  }

  /** Errors: OCR_MISSING. */
  canRead(): Promise<void> {
    return this.#reader.require();
  }

  /** One look. Errors: SESSION_NOT_READY, SCREENSHOT_FAILED, CAPACITY, OCR_MISSING, CANCELLED. */
  async look(phoneId: string, sessionAddress: string, wait: Wait, signal: AbortSignal): Promise<Seen> {
    if (sessionAddress === '') throw new AppError('SESSION_NOT_READY', `phone ${phoneId} has no session`);
    const pixels = await this.#sessions
      .get(sessionAddress)
      .readScreen({ phoneId, ...wait.region }, { deadlineMs: LOOK_MS, signal });
    const { condition } = wait;
    if (condition.$case === 'pixel') return seesColor(pixels, condition.value);
    return seesText(await this.#reader.read(pixels, signal), condition.value);
  }
}
