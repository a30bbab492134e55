import type { Bus, BusSubscription } from '@ancloud/bus';
import { leases, plainKeys, records, subjects } from '@ancloud/contracts';
import type { Condition } from '@ancloud/contracts/common/v1/common';
import type { HostRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type Log, sleep, type Timer } from '@ancloud/kit';
import { Campaign, keyOf, recordsOf, type State } from '@ancloud/state';
import { decideWish } from '../core/wish.js';
import type { Host } from './host.js';
import { bootNonce, hostRecord } from './host-record.js';
import { StatusOutbox } from './status-outbox.js';

export interface FarmOptions {
  readonly host: Host;
  readonly state: State;
  readonly bus: Bus;
  readonly log: Log;
  /** Ends the waiting for the lease. */
  readonly signal: AbortSignal;
}

const SYNC_MS = 10_000;
const HEARTBEAT_MS = 5_000;
/** A phone whose lock a helper of the process before still holds must not keep the whole host out of the farm for longer. */
const SEEN_MS = 5_000;
/** A machine that came back keeps its id: its own lease of before the restart must run out first. */
const LEASE_WAIT_MS = 25_000;

/**
 * This host as part of a farm: reads what is wished of it, writes what it is and what it has observed. Level-triggered:
 * RPCs and facts only wake `sync`, which reads everything anew on connect and every 10 s.
 */
export class Farm {
  readonly #options: FarmOptions;
  readonly #nonce: string;
  readonly #campaign: Campaign;
  readonly #statuses: StatusOutbox;
  readonly #release: (() => void)[] = [];
  readonly #timers = new Set<Timer>();
  #subscription: BusSubscription | undefined;
  #takenBy: string | undefined;
  #syncing: Promise<number> | undefined;
  #again = false;
  #introduced = false;
  #closed = false;

  private constructor(options: FarmOptions) {
    this.#options = options;
    const { host, state, log } = options;
    this.#nonce = bootNonce(host.paths.runDir);
    this.#statuses = new StatusOutbox(state, options.bus, log);
    this.#campaign = new Campaign(
      state,
      leases.host,
      { host: host.config.hostId },
      {
        owner: this.#nonce,
        log,
        onHeld: () => {
          this.#takenBy = undefined;
          this.#wake();
        },
        onOther: (owner) => {
          this.#takenBy = owner;
          log.error({ hostId: host.config.hostId, holder: owner }, 'another machine holds this host id');
        },
      },
    );
  }

  /** Errors: HOST_ID_TAKEN when another machine answers to this host's id; its phones here run on untouched. */
  static async join(options: FarmOptions): Promise<Farm> {
    const farm = new Farm(options);
    const { host } = options;
    const { clock } = host;
    let takenSince: number | undefined;
    while (farm.#campaign.lease === undefined) {
      // While Redis is away nobody says that it is taken: that is waited out.
      takenSince = farm.#takenBy === undefined ? undefined : (takenSince ?? clock.monotonic());
      if (
        options.signal.aborted ||
        (takenSince !== undefined && clock.monotonic() - takenSince > LEASE_WAIT_MS)
      ) {
        await farm.close();
        options.signal.throwIfAborted();
        throw new AppError(
          'HOST_ID_TAKEN',
          `joining the farm as ${host.config.hostId}: another machine holds this id`,
          {
            field: 'ANCLOUD_HOST_ID',
            value: host.config.hostId,
            fix: 'give this machine an id of its own with ANCLOUD_HOST_ID',
          },
        );
      }
      await sleep(20, undefined, clock);
    }
    farm.#begin();
    return farm;
  }

  /** What should be known of this host's place in the farm. */
  conditions(): Condition[] {
    const taken = this.#takenBy !== undefined;
    return [
      {
        type: 'HostIdTaken',
        active: taken,
        message: taken ? `another machine holds this host id (${this.#takenBy})` : '',
      },
    ];
  }

  record(): HostRecord {
    return hostRecord(this.#options.host, this.#nonce, this.conditions());
  }

  /** Reads the list of phones now. Resolves to their number. Errors: UNAVAILABLE_STATE; HOST_ID_TAKEN. */
  sync(): Promise<number> {
    if (this.#syncing !== undefined) {
      // A change may have come after the round under way had read: one more round begins after it.
      this.#again = true;
      return this.#syncing.then(() => this.#syncing ?? this.#options.host.phones.count);
    }
    this.#syncing = this.#round().finally(() => {
      this.#syncing = undefined;
      if (!this.#again || this.#closed) return;
      this.#again = false;
      this.#wake();
    });
    return this.#syncing;
  }

  /** May be called twice. Phones run on. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#subscription?.close();
    for (const release of this.#release.splice(0)) release();
    for (const timer of this.#timers) timer.cancel();
    await this.#campaign.close();
  }

  #begin(): void {
    const { host, state, bus } = this.#options;
    this.#subscription = bus.subscribe(subjects.desired, {}, (fact) => {
      if (fact.hostId === host.config.hostId || host.targets.get(fact.phoneId) !== undefined) this.#wake();
    });
    this.#release.push(
      host.phones.onStatus((status) => this.#statuses.put(status)),
      // Phones are placed where their image is: nobody should wait a heartbeat for one that was just imported.
      host.images.onChange(() => void this.#heartbeat()),
      host.snapshots.onChange(() => void this.#heartbeat()),
      host.drain.onChange(() => void this.#heartbeat()),
      bus.onReconnect(() => this.#wake()),
      state.onReconnect(() => {
        this.#wake();
        void this.#heartbeat();
      }),
    );
    for (const status of host.phones.statuses()) this.#statuses.put(status);
    this.#every(SYNC_MS, async () => {
      await this.#statuses.putAll(host.phones.statuses());
      await this.sync();
    });
    this.#every(HEARTBEAT_MS, () => this.#heartbeat());
    void this.#introduce();
    this.#wake();
  }

  /**
   * A host's record says that its phones are as their statuses say. So after a restart of the machine it may not come before
   * them: what stands there is from before, and a phone that is not even booting would be called ready.
   */
  async #introduce(): Promise<void> {
    const { phones, clock } = this.#options.host;
    const enough = new AbortController();
    await Promise.race([phones.seen(), sleep(SEEN_MS, enough.signal, clock)]);
    enough.abort();
    this.#introduced = true;
    await this.#heartbeat();
  }

  #wake(): void {
    this.sync().catch((err: unknown) =>
      this.#options.log.warn({ err }, 'the list of phones could not be read'),
    );
  }

  async #round(): Promise<number> {
    const { host, state } = this.#options;
    const { hostId } = host.config;
    if (this.#campaign.lease === undefined)
      throw new AppError(
        'HOST_ID_TAKEN',
        `reading the phones of ${hostId}: this host does not hold its lease`,
        { field: 'host_id', value: hostId },
      );
    const key = keyOf(plainKeys.hostPhones.template, { host: hostId });
    const listed = await state.run('listing the phones of this host', (redis) => redis.smembers(key));
    const phones = [...new Set([...listed, ...host.targets.all().keys()])].map((phone) => ({ phone }));
    const [wishes, placements, tombstones] = await Promise.all([
      recordsOf(state, records.desired).getMany(phones),
      recordsOf(state, records.placement).getMany(phones),
      this.#tombstones(phones),
    ]);
    for (const [index, { phone }] of phones.entries()) {
      const target = host.targets.get(phone);
      const decision = decideWish({
        hostId,
        target,
        desired: wishes[index],
        placement: placements[index],
        tombstoneEpoch: tombstones[index],
        buriedEpoch: host.targets.tombstone(phone)?.epoch,
      });
      try {
        await this.#obey(phone, decision);
      } catch (err) {
        this.#options.log.error({ phone, decision, err }, 'a wish could not be taken');
      }
    }
    return listed.length;
  }

  async #obey(phone: string, decision: ReturnType<typeof decideWish>): Promise<void> {
    const { phones } = this.#options.host;
    switch (decision.kind) {
      case 'keep':
        return;
      case 'adopt':
        return phones.adopt(decision.desired, 'farm');
      case 'fence':
        return phones.fence(phone, decision.by);
      case 'remove':
        return phones.remove(phone, decision.epoch);
      case 'gone':
        return phones.tellRemoved({ phoneId: phone, epoch: decision.epoch, revision: decision.revision });
    }
  }

  /** Epoch of each phone's tombstone. */
  async #tombstones(phones: readonly { readonly phone: string }[]): Promise<(number | undefined)[]> {
    if (phones.length === 0) return [];
    const keys = phones.map((params) => keyOf(plainKeys.tombstone.template, params));
    const texts = await this.#options.state.run('reading tombstones', (redis) => redis.mget(keys));
    return texts.map((text) => {
      if (text === null) return undefined;
      try {
        const epoch = Number((JSON.parse(text) as { epoch?: unknown }).epoch);
        return Number.isFinite(epoch) ? epoch : undefined;
      } catch {
        return undefined;
      }
    });
  }

  async #heartbeat(): Promise<void> {
    const { host, state, bus, log } = this.#options;
    const { hostId } = host.config;
    if (this.#campaign.lease === undefined || !this.#introduced) return;
    // What happened while Redis was away comes first, for the same reason.
    await this.#statuses.settled();
    try {
      const record = this.record();
      await state.run('naming this host', (redis) => redis.sadd(plainKeys.hosts.template, hostId));
      await recordsOf(state, records.host).set({ host: hostId }, record);
      bus.publish(subjects.host, { host: hostId }, record);
    } catch (err) {
      log.warn({ err }, 'the host record could not be written');
    }
  }

  #every(ms: number, work: () => Promise<unknown>): void {
    const next = (): void => {
      if (this.#closed) return;
      const timer = this.#options.host.clock.setTimeout(() => {
        this.#timers.delete(timer);
        work()
          .catch((err: unknown) => this.#options.log.warn({ err }, 'a round with the farm failed'))
          .finally(next);
      }, ms);
      timer.unref();
      this.#timers.add(timer);
    };
    next();
  }
}
