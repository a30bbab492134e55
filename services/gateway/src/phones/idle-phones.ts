import type { Desired } from '@ancloud/contracts/common/v1/common';
import type { Clock, Log } from '@ancloud/kit';
import type { FarmFacts } from '../farm/farm-facts.js';
import type { Nudge } from '../farm/nudge.js';
import type { OperationFinisher } from '../operations/finish-operations.js';
import { newOperation } from '../operations/new-operation.js';
import { idlers, type IdleFacts, type IdleSince } from './core/idle.js';
import type { PhoneStore } from './phone-store.js';

export interface IdlePhonesParts {
  readonly facts: FarmFacts;
  readonly store: PhoneStore;
  readonly nudge: Nudge;
  readonly finisher: OperationFinisher;
  readonly clock: Clock;
  readonly log: Log;
}

const BATCH = 200;

/**
 * The idle policy (`idle_pause_minutes`): pauses phones that nobody watches, resumes them for who comes. `look` is called by
 * the sweeper; `wake` by the door of viewers, in any gateway.
 */
export class IdlePhones {
  readonly #parts: IdlePhonesParts;
  #since: IdleSince = new Map();

  constructor(parts: IdlePhonesParts) {
    this.#parts = parts;
  }

  /** Errors: UNAVAILABLE_STATE. */
  async look(): Promise<void> {
    const { facts, clock } = this.#parts;
    const ids = await facts.phoneIds();
    const views: IdleFacts[] = [];
    for (let at = 0; at < ids.length; at += BATCH)
      for (const view of await facts.phones(ids.slice(at, at + BATCH)))
        if (view !== undefined) views.push(view);
    const { since, due } = idlers(this.#since, views, clock.now());
    this.#since = since;
    for (const phone of due) await this.#wish(phone, true);
  }

  /** A viewer came to a phone that may have been paused for want of one. A phone without the policy stays as it is. */
  async wake(desired: Desired): Promise<void> {
    if (!desired.paused || (desired.spec?.idlePauseMinutes ?? 0) === 0) return;
    const phone = await this.#parts.facts.phone(desired.phoneId);
    if (phone?.desired.paused === true) await this.#wish(phone, false);
  }

  async #wish({ desired, placement }: IdleFacts, paused: boolean): Promise<void> {
    const { store, nudge, finisher, clock, log } = this.#parts;
    const { phoneId, owner, revision } = desired;
    const operation = newOperation(paused ? 'pause' : 'resume', { phoneId, owner }, clock.now());
    // A wish that came meanwhile is newer than what was looked at: it stands.
    const change = { onlyRunning: true, paused, revision };
    const result = await store.wish(phoneId, change, operation);
    if (result.result !== 'wished') return;
    log.info({ phone: phoneId, paused }, paused ? 'nobody watches: pausing' : 'a viewer came: resuming');
    if (placement !== undefined) nudge.host(placement.hostId, result.desired);
    finisher.tell(result.operation);
  }
}
