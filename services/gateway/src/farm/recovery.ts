import crypto from 'node:crypto';
import { plainKeys } from '@ancloud/contracts';
import type { Log } from '@ancloud/kit';
import type { Script, State } from '@ancloud/state';
import { isRebuilt } from './core/recovery.js';
import type { FarmFacts } from './farm-facts.js';

/** However few hosts have come back: placing begins again after this time. */
const RECOVERY_MS = 60_000;

/**
 * KEYS incarnation, recovery; ARGV a new incarnation, ms. → 1 recovery begins, 0 there was one. Both keys at once: the gateway
 * that notices may die right after, and the others must not begin again what has ended meanwhile.
 */
const beginRecovery: Script = {
  name: 'beginRecovery',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[1], ARGV[1])
return 1`,
};

/**
 * Notices that Redis was emptied, by the absence of `farm:incarnation`, and keeps the farm from placing phones until its hosts have written
 * back what they have. The wish of each phone comes back by PhoneReactor, from the host's status.
 */
export class Recovery {
  readonly #state: State;
  readonly #facts: FarmFacts;
  readonly #log: Log;
  /** Hosts seen while Redis was whole: the ones to wait for. */
  readonly #known = new Set<string>();

  constructor(state: State, facts: FarmFacts, log: Log) {
    this.#state = state;
    this.#facts = facts;
    this.#log = log;
  }

  /** Notices that there is no incarnation: this Redis is new or was emptied. To be called first of all, and then each second. */
  async check(): Promise<void> {
    const began = await this.#state.script(
      beginRecovery,
      [plainKeys.incarnation.template, plainKeys.recovery.template],
      [crypto.randomUUID(), RECOVERY_MS],
    );
    if (began === 1)
      this.#log.warn(
        { knownHosts: this.#known.size },
        'the records are new or were lost: waiting for hosts to report',
      );
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
