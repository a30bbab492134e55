import { type ErrorCode, leases, plainKeys, records, subjects } from '@ancloud/contracts';
import type { Role } from '@ancloud/contracts/common/v1/common';
import type { ControlRecord } from '@ancloud/contracts/state/v1/state';
import type { Bus } from '@ancloud/bus';
import type { Log } from '@ancloud/kit';
import { acquire, keyOf, type Lease, type Records, recordsOf, type State } from '@ancloud/state';

/** The record stands for 60 s: two renewals may fail. A fence whose fact was lost reaches session-svc no later than this. */
const RENEW_MS = 20_000;
/** Each does so at its own times: a group takes the controls of all its phones in one moment, and would pause for all their renewals. */
const renewMs = (): number => RENEW_MS * (0.75 + Math.random() / 4);

export type Taken = { readonly fence: number } | { readonly refused: ErrorCode };

/** Asked of Redis: the fact that says so may have been lost. Errors: UNAVAILABLE_STATE. */
async function isRevoked(state: State, viewer: string): Promise<boolean> {
  const key = keyOf(plainKeys.viewerRevoked.template, { viewer });
  return (await state.run('asking for a revocation', (redis) => redis.exists(key))) === 1;
}

/** The fenced lease of one phone's controls, its record and its fact. Only the input-svc that serves the phone has one. */
export class ControlLease {
  readonly #phone: string;
  readonly #state: State;
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #role: () => Role;
  readonly #records: Records<ControlRecord>;
  #lease: Lease | undefined;
  #renewal: NodeJS.Timeout | undefined;

  /** `role` is asked for the record: the present holder's. */
  constructor(phone: string, state: State, bus: Bus, log: Log, role: () => Role) {
    this.#role = role;
    this.#phone = phone;
    this.#state = state;
    this.#bus = bus;
    this.#log = log;
    this.#records = recordsOf(state, records.control);
  }

  /**
   * Gives the controls to `holder` ('' = to nobody) with a fence above all earlier ones. Refused: VIEWER_REVOKED for one whose right
   * was taken back, whatever facts were lost; UNAVAILABLE_STATE when Redis is away.
   */
  async take(holder: string, lost: () => void): Promise<Taken> {
    const before = this.#lease;
    this.#lease = undefined;
    clearInterval(this.#renewal);
    try {
      if (holder !== '' && (await isRevoked(this.#state, holder))) return { refused: 'VIEWER_REVOKED' };
      // By force: arbitration has been done here, the lease only makes it known and fenced.
      const acquired = await acquire(
        this.#state,
        leases.control,
        { phone: this.#phone },
        { owner: holder === '' ? 'nobody' : holder, force: true, log: this.#log },
      );
      if (!acquired.held) return { refused: 'UNAVAILABLE_STATE' };
      const { lease } = acquired;
      this.#lease = lease;
      lease.onLost(lost);
      await this.#publish(holder, lease.fence);
      this.#renewal = setInterval(() => this.#renew(holder, lease), renewMs());
      return { fence: lease.fence };
    } catch (error) {
      this.#log.warn({ phone: this.#phone, err: error }, 'the control lease could not be taken');
      return { refused: 'UNAVAILABLE_STATE' };
    } finally {
      // Forgets the old holding without touching what has replaced it: the owner and fence no longer match.
      await before?.release();
    }
  }

  /** Nobody holds the controls any more. */
  async release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    clearInterval(this.#renewal);
    await lease?.release();
    if (lease !== undefined) await this.#publish('', lease.fence).catch(() => undefined);
  }

  #renew(holder: string, lease: Lease): void {
    if (lease !== this.#lease || !lease.held) return;
    this.#publish(holder, lease.fence).catch((err: unknown) =>
      this.#log.debug({ phone: this.#phone, err }, 'the control record was not renewed'),
    );
  }

  async #publish(holder: string, fence: number): Promise<void> {
    const record: ControlRecord = {
      phoneId: this.#phone,
      viewerId: holder,
      fence,
      updatedAtMs: Date.now(),
      role: this.#role(),
    };
    this.#bus.publish(subjects.controlHolder, { phone: this.#phone }, record);
    await this.#records.set({ phone: this.#phone }, record);
  }
}
