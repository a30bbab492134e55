import { leases, records, subjects } from '@ancloud/contracts';
import type { ControlRecord } from '@ancloud/contracts/state/v1/state';
import type { Bus } from '@ancloud/bus';
import type { Log } from '@ancloud/kit';
import { acquire, type Lease, type Records, recordsOf, type State } from '@ancloud/state';

/** The fenced lease of one phone's controls, its record and its fact. Only the input-svc that serves the phone has one. */
export class ControlLease {
  readonly #phone: string;
  readonly #state: State;
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #records: Records<ControlRecord>;
  #lease: Lease | undefined;

  constructor(phone: string, state: State, bus: Bus, log: Log) {
    this.#phone = phone;
    this.#state = state;
    this.#bus = bus;
    this.#log = log;
    this.#records = recordsOf(state, records.control);
  }

  /** Gives the controls to `holder` ('' = to nobody) with a fence above all earlier ones; undefined when Redis is away. */
  async take(holder: string, lost: () => void): Promise<number | undefined> {
    const before = this.#lease;
    this.#lease = undefined;
    try {
      // By force: arbitration has been done here, the lease only makes it known and fenced.
      const acquired = await acquire(
        this.#state,
        leases.control,
        { phone: this.#phone },
        { owner: holder === '' ? 'nobody' : holder, force: true, log: this.#log },
      );
      if (!acquired.held) return undefined;
      const { lease } = acquired;
      this.#lease = lease;
      lease.onLost(lost);
      await this.#publish(holder, lease.fence);
      return lease.fence;
    } catch (error) {
      this.#log.warn({ phone: this.#phone, err: error }, 'the control lease could not be taken');
      return undefined;
    } finally {
      // Forgets the old holding without touching what has replaced it: the owner and fence no longer match.
      await before?.release();
    }
  }

  /** Nobody holds the controls any more. */
  async release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
    if (lease !== undefined) await this.#publish('', lease.fence).catch(() => undefined);
  }

  async #publish(holder: string, fence: number): Promise<void> {
    const record: ControlRecord = { phoneId: this.#phone, viewerId: holder, fence, updatedAtMs: Date.now() };
    this.#bus.publish(subjects.controlHolder, { phone: this.#phone }, record);
    await this.#records.set({ phone: this.#phone }, record);
  }
}
