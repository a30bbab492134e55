import type { Bus, BusSubscription } from '@ancloud/bus';
import { subjects } from '@ancloud/contracts';
import type { Operation } from '@ancloud/contracts/state/v1/state';
import type { PhoneReactor } from './phone-reactor.js';
import type { Wakeups } from './wakeups.js';

/** The one place where this gateway listens to facts, and what each of them wakes. Owned by main. */
export class FactFeed {
  readonly #subscriptions: readonly BusSubscription[];

  constructor(parts: {
    readonly bus: Bus;
    readonly reactor: PhoneReactor;
    /** Keyed by phone ids and operation ids. */
    readonly wakeups: Wakeups;
    readonly onOperation: (operation: Operation) => void;
  }) {
    const { bus, reactor, wakeups, onOperation } = parts;
    const act = (phone: string): void => {
      reactor.nudge(phone);
      wakeups.wake(phone);
    };
    this.#subscriptions = [
      bus.subscribe(subjects.phoneStatus, {}, (_, { phone = '' }) => act(phone)),
      bus.subscribe(subjects.desired, {}, (_, { phone = '' }) => act(phone)),
      bus.subscribe(subjects.session, {}, (_, { phone = '' }) => wakeups.wake(phone)),
      bus.subscribe(subjects.stream, {}, (_, { phone = '' }) => wakeups.wake(phone)),
      bus.subscribe(subjects.operation, {}, (operation) => {
        wakeups.wake(operation.operationId);
        onOperation(operation);
      }),
    ];
  }

  /** May be called twice. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
  }
}
