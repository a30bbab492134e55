import { plainKeys } from '@ancloud/contracts';
import type { Log } from '@ancloud/kit';
import type { State } from '@ancloud/state';
import { isRebuilt } from './core/recovery.js';
import type { FarmFacts } from './farm-facts.js';

/** However few hosts have come back: placing begins again after this time. */
const RECOVERY_MS = 60_000;

/**
 * Notices that Redis was emptied, by `farm:incarnation`, and keeps the farm from placing phones until its hosts have written
 * back what they have. The wish of each phone comes back by PhoneReactor, from the host's status.
 */
export class Recovery {
  readonly #state: State;
  readonly #facts: FarmFacts;
  readonly #log: Log;
  /** Hosts seen while Redis was whole: the ones to wait for. */
  readonly #known = new Set<string>();
  #incarnation: string | undefined;

  constructor(state: State, facts: FarmFacts, log: Log) {
    this.#state = state;
    this.#facts = facts;
    this.#log = log;
  }

  /** Notices a new incarnation and raises the bar against placing. To be called first of all, and then each second. */
  async check(): Promise<void> {
    const { incarnation, created } = await this.#state.ensureIncarnation();
    const changed = created || (this.#incarnation !== undefined && this.#incarnation !== incarnation);
    if (changed) {
      // NX: the time runs from the first gateway that noticed.
      const first = await this.#state.run('beginning recovery', (redis) =>
        redis.set(plainKeys.recovery.template, incarnation, 'PX', RECOVERY_MS, 'NX'),
      );
      if (first === 'OK')
        this.#log.warn(
          { knownHosts: this.#known.size },
          'the records are new or were lost: waiting for hosts to report',
        );
    }
    this.#incarnation = incarnation;
  }

  /** While it lasts: ids of phones whose hosts have reported them. Lowers the bar when all is back. Empty when there is none. */
  async proceed(): Promise<readonly string[]> {
    if (!(await this.#facts.recovering())) {
      for (const hostId of await this.#facts.hostIds()) this.#known.add(hostId);
      return [];
    }
    const candidates = await this.#facts.candidates();
    const live = candidates.map(({ host, reserved }) => ({
      hostId: host.hostId,
      phones: host.phones,
      placed: reserved,
    }));
    if (isRebuilt(this.#known, live)) {
      await this.#state.run('ending recovery', (redis) => redis.del(plainKeys.recovery.template));
      this.#log.info({ hosts: live.length }, 'the records are rebuilt');
      return [];
    }
    return this.#facts.reported();
  }
}
