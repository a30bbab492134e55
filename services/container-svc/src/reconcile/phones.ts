import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { Wanted } from '@ancloud/contracts/common/v1/common';
import type { Desired } from '@ancloud/contracts/common/v1/common';
import { type PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { AppError, type Clock, KeyedRunner, type Log } from '@ancloud/kit';
import { freeSlot, type Subnet } from '../core/addresses.js';
import { removedStatus } from '../core/status.js';
import type { Target } from '../core/target.js';
import { bootTimeMs } from '../io/syscalls.js';
import type { TargetStore } from '../io/target-store.js';
import type { Reconciler, ReconcilerEvents } from './reconciler.js';

export interface PhonesOptions {
  readonly hostId: string;
  readonly targets: TargetStore;
  readonly subnet: Subnet;
  readonly maxPhones: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly makeReconciler: (phone: string, events: ReconcilerEvents) => Reconciler;
}

const SETTLED_ROUNDS = 3;
const settled: ReadonlySet<Stage> = new Set([Stage.STAGE_READY, Stage.STAGE_PAUSED, Stage.STAGE_STOPPED]);

/** As it was wished when it was last looked at. */
const isSettled = (status: PhoneStatus | undefined): boolean =>
  status !== undefined && settled.has(status.stage) && status.reason === '';

type StatusListener = (status: PhoneStatus) => void;

/**
 * All phones of this host: their targets, their reconcilers, what was last told of each. One run per phone at a time
 * (`KeyedRunner`); phones do not wait for each other. Owns the reconcilers.
 */
export class Phones {
  readonly #options: PhonesOptions;
  readonly #reconcilers = new Map<string, Reconciler>();
  readonly #statuses = new Map<string, PhoneStatus>();
  readonly #listeners = new Set<StatusListener>();
  /** Phones that were here at the start and have not been looked at since. */
  readonly #unseen = new Set<string>();
  readonly #seen = Promise.withResolvers<void>();
  /** Slots given out to wishes that are not on disk yet. */
  readonly #reserved = new Set<number>();
  /** Which of the settled phones the last sweep looked at. */
  #round = 0;
  readonly #runner: KeyedRunner;
  /** Runs outside of whatever call nudged: a phone's log lines must not name an RPC that ended long ago. */
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(options: PhonesOptions) {
    this.#options = options;
    this.#runner = new KeyedRunner({
      work: (phone, signal) => this.#work(phone, signal),
      onError: (phone, err, retryInMs) => {
        options.log.warn({ phone, err, retryInMs }, 'a phone could not be reconciled');
        this.#saw(phone);
      },
      clock: options.clock,
    });
  }

  /** Begins with every target on disk: whatever runs is adopted, whatever is half done goes on. */
  start(): void {
    for (const phone of this.#options.targets.all().keys()) {
      this.#unseen.add(phone);
      this.#runner.nudge(phone);
    }
    if (this.#unseen.size === 0) this.#seen.resolve();
  }

  /**
   * Resolves when every phone that was here at the start has been looked at once: from then on `statuses` is what is, and not
   * what was before this process.
   */
  seen(): Promise<void> {
    return this.#seen.promise;
  }

  nudge(phone: string): void {
    this.#outside(() => this.#runner.nudge(phone));
  }

  nudgeAll(): void {
    for (const phone of this.#options.targets.all().keys()) this.nudge(phone);
  }

  /**
   * Nudges those that are not where they shall be, and of the settled ones so many that each has its turn in `SETTLED_ROUNDS` sweeps:
   * their shims, their ends and their wishes tell by themselves, and what is looked for here is what somebody broke. Each in a turn of
   * its own: little is held at once, and calls are answered in between.
   */
  async sweep(): Promise<void> {
    this.#round = (this.#round + 1) % SETTLED_ROUNDS;
    for (const [phone, { slot }] of this.#options.targets.all()) {
      if (slot % SETTLED_ROUNDS !== this.#round && isSettled(this.#statuses.get(phone))) continue;
      this.nudge(phone);
      await setImmediate();
    }
  }

  get count(): number {
    return this.#options.targets.all().size;
  }

  /** Ids of the phones whose wish names the image. */
  usersOf(imageId: string): string[] {
    return [...this.#options.targets.all()]
      .filter(([, { desired }]) => desired.spec?.imageId === imageId)
      .map(([phone]) => phone);
  }

  status(phone: string): PhoneStatus | undefined {
    return this.#statuses.get(phone);
  }

  statuses(): PhoneStatus[] {
    return [...this.#statuses.values()];
  }

  /** Calls `listener` with each new status. Answers how to stop that. */
  onStatus(listener: StatusListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Takes a wish: on disk first, then acted on. Serial per phone with its reconciler, so a plan never sees half of it.
   * Errors: CAPACITY when there is no room; DISK_FULL.
   */
  async adopt(desired: Desired, managedBy: Target['managedBy']): Promise<void> {
    const { targets, clock } = this.#options;
    const phone = desired.phoneId;
    const accepted = { atMs: clock.now(), bootMs: bootTimeMs() };
    const present = targets.get(phone);
    const slot = present?.slot ?? this.#reserve(phone);
    this.#reserved.add(slot);
    try {
      await this.#exclusive(phone, async () => {
        this.#reconciler(phone).accepted(accepted);
        await targets.save(phone, { desired, managedBy, slot });
      });
    } finally {
      this.#reserved.delete(slot);
    }
  }

  /** The placement names another host: the phone stops here, its data stays. */
  async fence(phone: string, fencedBy: NonNullable<Target['fencedBy']>): Promise<void> {
    await this.#exclusive(phone, async () => {
      const target = this.#options.targets.get(phone);
      if (target !== undefined) await this.#options.targets.save(phone, { ...target, fencedBy });
    });
  }

  /** The phone was deleted at `epoch` while this host did not listen. */
  async remove(phone: string, epoch: number): Promise<void> {
    await this.#exclusive(phone, async () => {
      const target = this.#options.targets.get(phone);
      if (target === undefined) return;
      const desired = {
        ...target.desired,
        wanted: Wanted.WANTED_REMOVED,
        epoch: Math.max(epoch, target.desired.epoch),
      };
      await this.#options.targets.save(phone, { desired, managedBy: target.managedBy, slot: target.slot });
    });
  }

  /** Tells (again) that nothing of a phone is here. */
  tellRemoved(desired: Pick<Desired, 'phoneId' | 'epoch' | 'revision'>): void {
    this.#tell(removedStatus(this.#options.hostId, desired, this.#options.clock.now()));
  }

  stop(): void {
    this.#runner.stop();
  }

  join(): Promise<void> {
    return this.#runner.join();
  }

  /** Phones run on. */
  close(): void {
    for (const reconciler of this.#reconcilers.values()) reconciler.close();
    this.#reconcilers.clear();
  }

  #reserve(phone: string): number {
    const { targets, subnet, maxPhones } = this.#options;
    const told = [...targets.all().values()].map(({ slot }) => slot);
    const taken = new Set([...told, ...targets.unreadSlots, ...this.#reserved]);
    const slot = freeSlot(subnet, taken);
    if (slot === undefined || taken.size >= maxPhones)
      throw new AppError('CAPACITY', `taking ${phone}: this host has ${taken.size} phones`, {
        field: 'phone_id',
        value: phone,
        fix: 'remove phones, raise ANCLOUD_MAX_PHONES, or give ANCLOUD_SUBNET a wider range',
      });
    return slot;
  }

  #exclusive(phone: string, work: () => Promise<void>): Promise<void> {
    return this.#outside(() => this.#runner.exclusive(phone, work));
  }

  #reconciler(phone: string): Reconciler {
    let reconciler = this.#reconcilers.get(phone);
    if (reconciler === undefined) {
      reconciler = this.#options.makeReconciler(phone, {
        onStatus: (status) => this.#tell(status),
        onNews: () => this.#runner.nudge(phone),
      });
      this.#reconcilers.set(phone, reconciler);
    }
    return reconciler;
  }

  async #work(phone: string, signal: AbortSignal): Promise<void> {
    const before = this.#options.targets.get(phone);
    if (before === undefined) return;
    await this.#reconciler(phone).run(signal);
    if (this.#options.targets.get(phone) !== undefined) return;
    this.#reconcilers.get(phone)?.close();
    this.#reconcilers.delete(phone);
    this.tellRemoved(before.desired);
    this.#statuses.delete(phone);
  }

  #saw(phone: string): void {
    if (this.#unseen.delete(phone) && this.#unseen.size === 0) this.#seen.resolve();
  }

  #tell(status: PhoneStatus): void {
    this.#statuses.set(status.phoneId, status);
    for (const listener of this.#listeners) listener(status);
    this.#saw(status.phoneId);
  }
}
