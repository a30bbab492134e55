import type { Bus, BusSubscription } from '@ancloud/bus';
import { plainKeys, records, subjects } from '@ancloud/contracts';
import type { Desired } from '@ancloud/contracts/common/v1/common';
import type { Log } from '@ancloud/kit';
import { keyOf, type Records, recordsOf, type State } from '@ancloud/state';
import { type PhoneEnd, phoneEnd } from '../core/phone-end.js';

/** Without a fact: how often the phones' wishes are looked at, ms. */
const LOOK_MS = 5_000;

/** What outlives a phone's session, but not the phone. */
export interface PhoneFollower {
  /** Ids of the phones that something of it follows now; may have one twice. */
  readonly phones: Iterable<string>;
  /** All that follows this phone ends; may be told again. */
  phoneEnded(phoneId: string, reason: string, end: PhoneEnd): void;
}

/**
 * Tells recordings, pushes, streams and feeds that their phone was stopped or deleted. A session or a stream that ends says nothing of that: those come back.
 * The wish does, read from its record whenever the phone's host says something of it, and each 5 s. Owned by main; ends by `close`.
 */
export class PhoneEnds {
  readonly #state: State;
  readonly #followers: readonly PhoneFollower[];
  readonly #log: Log;
  readonly #desired: Records<Desired>;
  readonly #subscription: BusSubscription;
  readonly #timer: NodeJS.Timeout;

  constructor(bus: Bus, state: State, followers: readonly PhoneFollower[], log: Log) {
    this.#state = state;
    this.#followers = followers;
    this.#log = log;
    this.#desired = recordsOf(state, records.desired);
    this.#subscription = bus.subscribe(subjects.phoneStatus, {}, ({ phoneId }) => {
      if (this.#followed.has(phoneId)) void this.#look(phoneId);
    });
    this.#timer = setInterval(() => this.#lookAtAll(), LOOK_MS);
    // What goes on from before this process began.
    this.#lookAtAll();
  }

  close(): void {
    this.#subscription.close();
    clearInterval(this.#timer);
  }

  get #followed(): ReadonlySet<string> {
    return new Set(this.#followers.flatMap(({ phones }) => [...phones]));
  }

  #lookAtAll(): void {
    for (const phoneId of this.#followed) void this.#look(phoneId);
  }

  async #look(phone: string): Promise<void> {
    try {
      const desired = await this.#desired.get({ phone });
      const end = phoneEnd(desired, desired === undefined && (await this.#isTombstoned(phone)));
      if (end === undefined) return;
      for (const follower of this.#followers) follower.phoneEnded(phone, `its phone was ${end}`, end);
    } catch (error) {
      // Redis is away: what there is goes on.
      this.#log.debug({ phone, err: error }, "the phone's wish could not be read");
    }
  }

  async #isTombstoned(phone: string): Promise<boolean> {
    const name = keyOf(plainKeys.tombstone.template, { phone });
    return (await this.#state.run(`reading ${name}`, (redis) => redis.exists(name))) === 1;
  }
}
