import type { Bus } from '@ancloud/bus';
import { subjects } from '@ancloud/contracts';
import { OperationState, type Operation, type PhoneStatus } from '@ancloud/contracts/state/v1/state';
import type { Desired } from '@ancloud/contracts/common/v1/common';
import type { Clock } from '@ancloud/kit';
import type { Wakeups } from '../farm/wakeups.js';
import { outcomeOf, type Outcome } from './core/outcome.js';
import type { OperationStore } from './operation-store.js';

/** Ends operations whose evidence is in, and tells. Every gateway has one; the store lets one of them win. */
export class OperationFinisher {
  readonly #store: OperationStore;
  readonly #bus: Bus;
  readonly #wakeups: Wakeups;
  readonly #clock: Clock;

  constructor(parts: {
    readonly store: OperationStore;
    readonly bus: Bus;
    readonly wakeups: Wakeups;
    readonly clock: Clock;
  }) {
    this.#store = parts.store;
    this.#bus = parts.bus;
    this.#wakeups = parts.wakeups;
    this.#clock = parts.clock;
  }

  /** Looks at all running operations of a phone. `desired` is undefined when the phone is gone. */
  async ofPhone(
    phoneId: string,
    desired: Desired | undefined,
    status: PhoneStatus | undefined,
  ): Promise<void> {
    const ids = await this.#store.ofPhone(phoneId);
    if (ids.length === 0) return;
    const nowMs = this.#clock.now();
    for (const operation of await this.#store.getMany(ids))
      await this.end(operation, outcomeOf(operation, { desired, status, nowMs }));
  }

  /** Ends one with the given outcome; nothing when it is still running. */
  async end(operation: Operation, outcome: Outcome, result = ''): Promise<void> {
    if (outcome.state === 'running') return;
    const failed = outcome.state === 'failed';
    const ended: Operation = {
      ...operation,
      state: failed ? OperationState.OPERATION_STATE_FAILED : OperationState.OPERATION_STATE_DONE,
      endedAtMs: this.#clock.now(),
      error: failed ? outcome.error : undefined,
      percent: failed ? operation.percent : 100,
      result: failed ? '' : result === '' ? operation.result : result,
    };
    if (await this.#store.end(ended)) this.tell(ended);
  }

  /** An operation changed: this gateway's waiters and, by a fact, the others'. */
  tell(operation: Operation): void {
    this.#wakeups.wake(operation.operationId);
    this.#bus.publish(subjects.operation, { operation: operation.operationId }, operation);
  }
}
