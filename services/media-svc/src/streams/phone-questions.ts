import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import type { SessionCaller } from '../io/session-caller.js';
import { HostClock } from './host-clock.js';
import { KeyboardLook } from './keyboard-look.js';

/** What viewers ask of a phone, which its session answers: for all of them together, however many ask. Owned by the stream. */
export class PhoneQuestions {
  readonly #keyboard: KeyboardLook;
  readonly #clock: HostClock;

  /** @param session of the phone now; undefined while there is none. */
  constructor(
    sessions: Pick<SessionCaller, 'keyboardShown' | 'hostMs'>,
    session: () => SessionRecord | undefined,
  ) {
    this.#keyboard = new KeyboardLook(async () => {
      const now = session();
      return now === undefined ? undefined : sessions.keyboardShown(now);
    });
    this.#clock = new HostClock(
      () => session()?.sessionAddress,
      async () => {
        const now = session();
        if (now === undefined) throw new AppError('SESSION_NOT_READY', 'the phone has no session now');
        return sessions.hostMs(now);
      },
    );
  }

  /** Whether the phone's own keyboard is on its screen; null when it does not say. Errors: those of session-svc. */
  async keyboardShown(): Promise<boolean | null> {
    return (await this.#keyboard.ask()) ?? null;
  }

  /** The clock of the phone's host, by which its pictures are timed, ms. Errors: SESSION_NOT_READY, those of session-svc. */
  hostMs(): Promise<number> {
    return this.#clock.now();
  }
}
