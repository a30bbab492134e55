import type { Clock, Log, Timer } from '@ancloud/kit';
import { leases } from '@ancloud/contracts';
import { Campaign, type State } from '@ancloud/state';
import type { IdlePhones } from '../phones/idle-phones.js';
import { outcomeOf } from '../operations/core/outcome.js';
import type { OperationFinisher } from '../operations/finish-operations.js';
import type { OperationStore } from '../operations/operation-store.js';
import { hostChanges } from './core/recovery.js';
import type { FarmFacts } from './farm-facts.js';
import type { Nudge } from './nudge.js';
import type { PhoneReactor } from './phone-reactor.js';
import type { Recovery } from './recovery.js';

export interface SweeperParts {
  readonly state: State;
  readonly facts: FarmFacts;
  readonly operations: OperationStore;
  readonly finisher: OperationFinisher;
  readonly reactor: PhoneReactor;
  readonly recovery: Recovery;
  readonly nudge: Nudge;
  readonly idle: Pick<IdlePhones, 'look'>;
  /** Unique name of this gateway process. */
  readonly gatewayId: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Between two looks, ms: hosts that are lost are announced this much late at most. */
const TICK_MS = 1_000;
/** Every so many ticks all running operations are looked at, and after three times as many all phones. */
const OPERATIONS_EVERY = 10;
const PHONES_EVERY = 30;
/** The idle policy counts minutes. */
const IDLE_EVERY = 15;
const BATCH = 200;

/**
 * One gateway, the holder of the sweeper's lease, looks for what no fact tells: hosts that vanished, deadlines that passed,
 * phones whose facts were lost. Every gateway watches the incarnation for itself. Owned by main; `stop`, then `join`.
 */
export class Sweeper {
  readonly #parts: SweeperParts;
  readonly #campaign: Campaign;
  #alive: ReadonlySet<string> | undefined;
  #ticks = 0;
  #first = true;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: SweeperParts) {
    this.#parts = parts;
    this.#campaign = new Campaign(
      parts.state,
      leases.sweeper,
      {},
      {
        owner: parts.gatewayId,
        log: parts.log,
        clock: parts.clock,
        onHeld: () => {
          // What the holder before us knew is unknown: the first look takes stock and announces everything that is lost.
          this.#alive = undefined;
          this.#ticks = 0;
        },
      },
    );
    this.#later();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async join(): Promise<void> {
    await this.#running;
    await this.#campaign.close();
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#running = this.#tick()
        .catch((err: unknown) => this.#parts.log.warn({ err }, 'the sweep could not be done, trying again'))
        .then(() => this.#later());
    }, TICK_MS);
  }

  async #tick(): Promise<void> {
    const { recovery, reactor } = this.#parts;
    await recovery.check();
    const back = await recovery.proceed();
    if (this.#first) {
      // With or without the lease: what ended while no gateway listened is not kept waiting for a dead holder's lease.
      await this.#allOperations();
      this.#first = false;
    }
    if (this.#campaign.lease === undefined) return;
    for (const phoneId of back) reactor.nudge(phoneId);
    await this.#hosts();
    if (this.#ticks % OPERATIONS_EVERY === 0) await this.#allOperations();
    else await this.#lateOperations();
    if (this.#ticks % PHONES_EVERY === 0) await this.#allPhones();
    if (this.#ticks % IDLE_EVERY === 0) await this.#parts.idle.look();
    this.#ticks += 1;
  }

  /** A phone's phase changes with its host's life; only we notice, so we tell. */
  async #hosts(): Promise<void> {
    const { facts, nudge, log } = this.#parts;
    const [known, live] = await Promise.all([facts.hostIds(), facts.hosts()]);
    const now = new Set(live.map((host) => host.hostId));
    // After taking the lease: every known host counts as alive before, so that a loss during the change is announced.
    const { lost, returned } = hostChanges(this.#alive ?? new Set(known), now);
    this.#alive = now;
    for (const hostId of [...lost, ...returned]) {
      const ids = await facts.phonesOfHost(hostId);
      const said = { host: hostId, phones: ids.length };
      if (lost.includes(hostId)) log.warn(said, 'a host is lost');
      else log.info(said, 'a host is there');
      for (const view of await facts.phones(ids)) if (view !== undefined) nudge.fact(hostId, view.desired);
    }
  }

  async #lateOperations(): Promise<void> {
    await this.#look(await this.#parts.operations.late(this.#parts.clock.now()));
  }

  async #allOperations(): Promise<void> {
    await this.#look(await this.#parts.operations.running());
  }

  async #look(ids: readonly string[]): Promise<void> {
    const { operations, reactor, finisher, clock } = this.#parts;
    for (let at = 0; at < ids.length; at += BATCH) {
      const batch = ids.slice(at, at + BATCH);
      const found = await operations.getMany(batch);
      const known = new Set(found.map((operation) => operation.operationId));
      for (const id of batch) if (!known.has(id)) await operations.forget(id);
      for (const operation of found)
        if (operation.phoneId === '')
          await finisher.end(operation, outcomeOf(operation, { nowMs: clock.now() }));
        else reactor.nudge(operation.phoneId);
    }
  }

  async #allPhones(): Promise<void> {
    const { facts, reactor } = this.#parts;
    for (const phoneId of await facts.phoneIds()) reactor.nudge(phoneId);
    // Phones deleted by force stand on their host's list alone until the host has returned.
    for (const hostId of await facts.hostIds())
      for (const phoneId of await facts.phonesOfHost(hostId)) reactor.nudge(phoneId);
  }
}
