import { leases } from '@ancloud/contracts';
import type { InputServiceClient } from '@ancloud/contracts/input/v1/input';
import { AppError, type ClientPool, type GrpcClient } from '@ancloud/kit';
import { type State, viewLease } from '@ancloud/state';

export type InputClient = GrpcClient<typeof InputServiceClient.service>;

/** The input-svc that serves a phone: whoever holds its lease, which says where it is asked. */
export class Inputs {
  readonly #state: State;
  readonly #pool: ClientPool<typeof InputServiceClient.service>;

  constructor(state: State, pool: ClientPool<typeof InputServiceClient.service>) {
    this.#state = state;
    this.#pool = pool;
  }

  /** Errors: SESSION_NOT_READY while nobody serves the phone, UNAVAILABLE_STATE. */
  async of(phoneId: string): Promise<InputClient> {
    const { owner } = await viewLease(this.#state, leases.input, { phone: phoneId });
    const at = owner.lastIndexOf('@');
    if (at >= 0) return this.#pool.get(owner.slice(at + 1));
    throw new AppError('SESSION_NOT_READY', `nobody serves the input of phone ${phoneId}`, {
      field: 'phoneId',
      value: phoneId,
      fix: "wait until the phone is 'ready' and 'viewable'",
    });
  }
}
