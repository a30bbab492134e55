import type { Bus } from '@ancloud/bus';
import { records, subjects } from '@ancloud/contracts';
import type { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import type { Log } from '@ancloud/kit';
import { recordsOf, type State, writeStatus } from '@ancloud/state';

/**
 * Statuses on their way to the farm: the newest of each phone, kept until Redis has it. Record first, then the fact:
 * whoever is woken reads what it was woken for.
 */
export class StatusOutbox {
  readonly #unwritten = new Map<string, PhoneStatus>();
  #writing: Promise<void> | undefined;

  constructor(
    private readonly state: State,
    private readonly bus: Bus,
    private readonly log: Log,
  ) {}

  /** Takes one and begins to write. */
  put(status: PhoneStatus): void {
    this.#unwritten.set(status.phoneId, status);
    void this.#write();
  }

  /**
   * Looks whether all still stand, in one round trip, and takes again what does not: Redis may have been emptied, or have come back
   * as it was some time ago. The write script refuses what is older than what stands.
   */
  async putAll(statuses: readonly PhoneStatus[]): Promise<void> {
    const written = recordsOf(this.state, records.status);
    const texts = await written.getTexts(statuses.map(({ phoneId }) => ({ phone: phoneId })));
    for (const [index, status] of statuses.entries())
      if (texts[index] !== written.textOf(status)) this.#unwritten.set(status.phoneId, status);
    await this.#write();
  }

  /** Resolves when what was put until now is written, or could not be. */
  settled(): Promise<void> {
    return this.#write();
  }

  /** One writer at a time keeps the order; whoever comes while it writes waits for the same end. */
  #write(): Promise<void> {
    this.#writing ??= this.#drain();
    return this.#writing;
  }

  async #drain(): Promise<void> {
    // Begins in a later turn than it is kept: with nothing to write it would else end before.
    await Promise.resolve();
    try {
      for (let entry = [...this.#unwritten][0]; entry !== undefined; entry = [...this.#unwritten][0]) {
        const [phone, status] = entry;
        const result = await writeStatus(this.state, status);
        if (this.#unwritten.get(phone) === status) this.#unwritten.delete(phone);
        if (result.written) this.bus.publish(subjects.phoneStatus, { phone }, status);
        else this.log.debug({ phone, result }, 'a newer status stands');
      }
    } catch (err) {
      // Kept: the next status or the next round brings it.
      this.log.warn({ err }, 'statuses could not be written');
    } finally {
      // In the turn that saw nothing left: by a `finally` of the promise it came some turns later, and nobody wrote what was put in between.
      this.#writing = undefined;
    }
  }
}
