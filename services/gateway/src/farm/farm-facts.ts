import { phoneIdPattern, plainKeys, records } from '@ancloud/contracts';
import type { HostRecord, MediaRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { keyOf, recordsOf, type State } from '@ancloud/state';
import type { Candidate } from '../phones/core/placement.js';
import type { PhoneFacts } from '../phones/core/phase.js';

/** A phone's facts with its stream, whose viewers are counted. */
export interface PhoneView extends PhoneFacts {
  readonly stream?: StreamRecord | undefined;
}

/** What all services have written about the farm, read at once. Errors: UNAVAILABLE_STATE. */
export class FarmFacts {
  readonly #state: State;
  readonly #desired;
  readonly #placement;
  readonly #status;
  readonly #session;
  readonly #stream;
  readonly #host;
  readonly #media;

  constructor(state: State) {
    this.#state = state;
    this.#desired = recordsOf(state, records.desired);
    this.#placement = recordsOf(state, records.placement);
    this.#status = recordsOf(state, records.status);
    this.#session = recordsOf(state, records.session);
    this.#stream = recordsOf(state, records.stream);
    this.#host = recordsOf(state, records.host);
    this.#media = recordsOf(state, records.media);
  }

  /** Undefined when the phone is not desired. Ids of a wrong shape are of no phone. */
  async phone(phone: string): Promise<PhoneView | undefined> {
    const [view] = await this.phones([phone]);
    return view;
  }

  /** In the order asked; undefined where there is none. Two round trips however many. */
  async phones(ids: readonly string[]): Promise<(PhoneView | undefined)[]> {
    const params = ids.filter((phone) => phoneIdPattern.test(phone)).map((phone) => ({ phone }));
    const [desired, placements, statuses, sessions, streams] = await Promise.all([
      this.#desired.getMany(params),
      this.#placement.getMany(params),
      this.#status.getMany(params),
      this.#session.getMany(params),
      this.#stream.getMany(params),
    ]);
    const hosts = await this.#alive(placements.map((placement) => placement?.hostId));
    const views = new Map<string, PhoneView>();
    for (const [index, { phone }] of params.entries()) {
      const wish = desired[index];
      if (wish === undefined) continue;
      const placement = placements[index];
      views.set(phone, {
        desired: wish,
        placement,
        status: statuses[index],
        session: sessions[index],
        stream: streams[index],
        hostAlive: placement !== undefined && hosts.has(placement.hostId),
      });
    }
    return ids.map((phone) => views.get(phone));
  }

  /** True while an emptied Redis is being rebuilt, also before any gateway has noticed. */
  async recovering(): Promise<boolean> {
    const [incarnation, recovery] = await this.#state.run('asking whether the farm recovers', (redis) =>
      redis.mget(plainKeys.incarnation.template, plainKeys.recovery.template),
    );
    return incarnation === null || recovery !== null;
  }

  /** What is wanted of the phone, alone: one round trip. */
  desired(phone: string) {
    return this.#desired.get({ phone });
  }

  /** The status alone, also of a phone that is not desired (any more). */
  status(phone: string) {
    return this.#status.get({ phone });
  }

  /** Ids of all phones whose hosts have written a status. By SCAN: for recovery. */
  async reported(): Promise<string[]> {
    return (await this.#status.list()).map(({ phone }) => phone ?? '');
  }

  session(phone: string) {
    return this.#session.get({ phone });
  }

  stream(phone: string) {
    return this.#stream.get({ phone });
  }

  host(host: string): Promise<HostRecord | undefined> {
    return this.#host.get({ host });
  }

  /** Ids of all hosts ever seen. */
  hostIds(): Promise<string[]> {
    return this.#state.run('listing hosts', (redis) => redis.smembers(plainKeys.hosts.template));
  }

  /** Live hosts, by id. */
  async hosts(): Promise<HostRecord[]> {
    const ids = (await this.hostIds()).toSorted();
    const found = await this.#host.getMany(ids.map((host) => ({ host })));
    return found.filter((host) => host !== undefined);
  }

  /** Live hosts with what is reserved on each. */
  async candidates(): Promise<Candidate[]> {
    const hosts = await this.hosts();
    return Promise.all(hosts.map(async (host) => ({ host, reserved: await this.#reserved(host.hostId) })));
  }

  /** Ids of the phones placed on a host. */
  phonesOfHost(host: string): Promise<string[]> {
    const key = keyOf(plainKeys.hostPhones.template, { host });
    return this.#state.run(`reading ${key}`, (redis) => redis.smembers(key));
  }

  /** Ids of one tenant's phones, or of all when no owner is named; in the order of ids. */
  async phoneIds(owner?: string): Promise<string[]> {
    const key =
      owner === undefined ? plainKeys.phones.template : keyOf(plainKeys.ownerPhones.template, { owner });
    const ids = await this.#state.run('listing phones', (redis) => redis.smembers(key));
    return ids.toSorted();
  }

  /** Those of `ids` that are on the farm's list. */
  async stillListed(ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const member = await this.#state.run('asking for listed phones', (redis) =>
      redis.smismember(plainKeys.phones.template, ...ids),
    );
    return ids.filter((_, index) => member[index] === 1);
  }

  /** Live media-svcs, by id. */
  async medias(): Promise<MediaRecord[]> {
    const ids = await this.#state.run('listing media-svcs', (redis) =>
      redis.smembers(plainKeys.medias.template),
    );
    const found = await this.#media.getMany(ids.toSorted().map((media) => ({ media })));
    return found.filter((media) => media !== undefined);
  }

  #reserved(host: string): Promise<number> {
    const key = keyOf(plainKeys.hostPhones.template, { host });
    return this.#state.run(`counting ${key}`, (redis) => redis.scard(key));
  }

  async #alive(hostIds: readonly (string | undefined)[]): Promise<ReadonlySet<string>> {
    const ids = [...new Set(hostIds.filter((host) => host !== undefined))];
    const texts = await this.#host.getTexts(ids.map((host) => ({ host })));
    return new Set(ids.filter((_, index) => texts[index] !== undefined));
  }
}
