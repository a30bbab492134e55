import type { SessionServiceClient } from '@ancloud/contracts/session/v1/session';
import { SessionState, Stage } from '@ancloud/contracts/state/v1/state';
import { AppError, type ClientPool, type Clock, type GrpcClient } from '@ancloud/kit';
import type { FarmFacts } from '../farm/farm-facts.js';
import { whileComing } from '../farm/while-coming.js';

export type SessionClient = GrpcClient<typeof SessionServiceClient.service>;

/** The session-svc that is attached to a phone. */
export class Sessions {
  readonly #facts: FarmFacts;
  readonly #pool: ClientPool<typeof SessionServiceClient.service>;
  readonly #clock: Clock;

  constructor(facts: FarmFacts, pool: ClientPool<typeof SessionServiceClient.service>, clock: Clock) {
    this.#facts = facts;
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Of a phone that is READY it is waited for, 5 s at most. Errors: SESSION_NOT_READY while the phone cannot be reached, PHONE_PAUSED. */
  of(phoneId: string): Promise<SessionClient> {
    return whileComing(
      this.#clock,
      () => this.#now(phoneId),
      async () => (await this.#facts.status(phoneId))?.stage === Stage.STAGE_READY,
    );
  }

  async #now(phoneId: string): Promise<SessionClient> {
    const session = await this.#facts.session(phoneId);
    if (
      session === undefined ||
      session.sessionAddress === '' ||
      session.state === SessionState.SESSION_STATE_CLOSED
    )
      throw new AppError('SESSION_NOT_READY', `phone ${phoneId} cannot be reached: it has no session`, {
        field: 'phoneId',
        value: phoneId,
        fix: "wait until the phone is 'ready' and 'viewable'",
      });
    if (session.state === SessionState.SESSION_STATE_PAUSED)
      throw new AppError('PHONE_PAUSED', `phone ${phoneId} is paused`, {
        field: 'phoneId',
        value: phoneId,
        fix: 'resume the phone first',
      });
    return this.#pool.get(session.sessionAddress);
  }
}
