import { phoneIdPattern } from '@ancloud/contracts';
import { Wanted } from '@ancloud/contracts/common/v1/common';
import { Stage, type PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { KeyedRunner, type Clock, type Log } from '@ancloud/kit';
import type { OperationFinisher } from '../operations/finish-operations.js';
import type { PhoneStore } from '../phones/phone-store.js';
import type { FarmFacts } from './farm-facts.js';
import type { Wakeups } from './wakeups.js';

export interface PhoneReactorParts {
  readonly facts: FarmFacts;
  readonly store: PhoneStore;
  readonly finisher: OperationFinisher;
  /** Told when a phone was rebuilt or removed by us. */
  readonly wakeups: Wakeups;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What a gateway does when something about a phone may have changed: rebuild its records, finish its removal, end its
 * operations. Level-triggered and safe to run in all gateways at once: each step is one script that checks again.
 */
export class PhoneReactor {
  readonly #parts: PhoneReactorParts;
  readonly #runner: KeyedRunner;

  constructor(parts: PhoneReactorParts) {
    this.#parts = parts;
    this.#runner = new KeyedRunner({
      work: (phoneId) => this.#look(phoneId),
      onError: (phone, err, retryInMs) =>
        parts.log.warn({ phone, err, retryInMs }, 'a phone could not be looked at'),
      concurrency: 16,
      clock: parts.clock,
    });
  }

  /** Looks at a phone soon; many nudges make one look. */
  nudge(phoneId: string): void {
    if (phoneIdPattern.test(phoneId)) this.#runner.nudge(phoneId);
  }

  /** Begins nothing more. */
  stop(): void {
    this.#runner.stop();
  }

  join(): Promise<void> {
    return this.#runner.join();
  }

  async #look(phoneId: string): Promise<void> {
    const { facts, store, finisher } = this.#parts;
    const view = await facts.phone(phoneId);
    const status = view === undefined ? await facts.status(phoneId) : view.status;
    if (status !== undefined && (await this.#rebuild(status, view?.desired.epoch))) {
      this.#runner.nudge(phoneId);
      return;
    }
    if (view === undefined) {
      await finisher.ofPhone(phoneId, undefined, status);
      return;
    }
    const { desired, placement } = view;
    if (
      desired.wanted === Wanted.WANTED_REMOVED &&
      (placement === undefined || confirmed(desired.epoch, status))
    ) {
      const done = await store.finishRemoval(desired, placement?.hostId ?? 'none', this.#parts.clock.now());
      if (done) this.#parts.log.info({ phone: phoneId, host: placement?.hostId }, 'the phone is removed');
      await finisher.ofPhone(phoneId, undefined, status);
      this.#parts.wakeups.wake(phoneId);
      return;
    }
    // Deleted by force: for its owner, and so for its operations, it is gone.
    const gone = desired.wanted === Wanted.WANTED_REMOVED && (await store.isTombstoned(phoneId));
    await finisher.ofPhone(phoneId, gone ? undefined : desired, status);
    if (gone) this.#parts.wakeups.wake(phoneId);
  }

  /** True when the phone's records were written anew from what its host was told. */
  async #rebuild(status: PhoneStatus, epoch: number | undefined): Promise<boolean> {
    const { told, hostId, stage, phoneId } = status;
    if (told === undefined || stage === Stage.STAGE_REMOVED) return false;
    if (epoch !== undefined && epoch >= told.epoch) return false;
    if (told.phoneId !== phoneId || told.owner === '' || told.epoch === 0) {
      this.#parts.log.warn({ phone: phoneId, host: hostId }, 'a host reports a phone without a usable wish');
      return false;
    }
    const result = await this.#parts.store.rebuild(told, hostId);
    this.#parts.log.warn(
      { phone: phoneId, host: hostId, result },
      'a host reports a phone that has no records',
    );
    if (result === 'rebuilt') this.#parts.wakeups.wake(phoneId);
    return result === 'rebuilt';
  }
}

/** The host has verified that nothing of this placement is left. */
function confirmed(epoch: number, status: PhoneStatus | undefined): boolean {
  return status !== undefined && status.epoch >= epoch && status.stage === Stage.STAGE_REMOVED;
}
