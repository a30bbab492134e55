import { randomBytes } from 'node:crypto';
import { leases } from '@ancloud/contracts';
import type { CreateWhipRequest, DeleteWhipRequest, FeedView } from '@ancloud/contracts/media/v1/media';
import { AppError, type Log } from '@ancloud/kit';
import { acquire, type Lease, type State } from '@ancloud/state';
import type { PhoneEnd } from '../core/phone-end.js';
import { readWhipOffer, type FeedKind } from '../core/whip-offer.js';
import type { PhoneFollower } from '../io/phone-ends.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { Feed, hasEnded } from './feed.js';
import type { Publisher } from './publisher.js';

/** A feed and one of its publishers. */
type FeedSession = DeleteWhipRequest;

interface Held {
  readonly feed: Feed;
  /** Its own, and one for each kind that its publisher sends; others with another publisher. */
  leases: readonly Lease[];
}

/**
 * The feeds that arrive at this media-svc. A phone has one camera and one microphone at a time: the newest, wherever it arrives. Owns, for
 * each feed, the feed, a lease of it and one for each of its kinds, taken by force; who loses one of them ends whole. They end together, in `#ended`.
 */
export class Feeds implements PhoneFollower {
  readonly #state: State;
  readonly #pool: WorkerPool;
  readonly #log: Log;
  readonly #held = new Map<string, Held>();
  /** Feeds take their places one after the other: of two at once the later one stays. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(state: State, pool: WorkerPool, log: Log) {
    this.#state = state;
    this.#pool = pool;
    this.#log = log;
  }

  /**
   * Begins a feed; one that is here gets another publisher. `displaced`: it had one. Errors: SDP_INVALID, CODEC_UNSUPPORTED, CAPACITY, STREAM_FAILED,
   * CANCELLED when who asked is gone (this process slept meanwhile), UNAVAILABLE_STATE, by which a feed that begins leaves nothing behind; one that is here keeps its publisher, unless its leases could not be had.
   */
  async create(
    { feedId, phoneId, owner, offer: text, sessionId }: CreateWhipRequest,
    gone: () => boolean,
  ): Promise<{ answer: string; etag: string; displaced: boolean }> {
    // Before anything is taken from anybody: a bad offer costs nothing.
    const publication = { session: sessionId, offer: readWhipOffer(text), gone };
    if (this.#closed)
      throw new AppError('UNAVAILABLE', 'this media-svc is stopping', { fix: 'POST it again' });
    const known = this.#held.get(feedId)?.feed;
    const feed =
      known ??
      (await Feed.create({
        id: feedId,
        phoneId,
        owner,
        pool: this.#pool,
        closed: (ended) => this.#ended(ended),
        log: this.#log,
      }));
    let answer: Awaited<ReturnType<Feed['publish']>>;
    try {
      answer = await feed.publish(publication);
    } catch (error) {
      // One that is here goes on with the publisher it has.
      if (feed !== known) feed.close('it could not be begun');
      throw error;
    }
    try {
      const held = this.#turn.then(() => this.#hold(feed));
      this.#turn = held.catch(() => undefined);
      await held;
      // A place that was lost before anybody listened is told of behind that.
      if (feed.closed) throw hasEnded();
      return { ...answer, displaced: feed === known };
    } catch (error) {
      feed.close('it could not be begun');
      throw error;
    }
  }

  /** Errors: FEED_NOT_FOUND, also when it has ended meanwhile, RATE_LIMITED, SDP_INVALID, ETAG_MISMATCH. */
  async patch(
    { feedId, sessionId }: FeedSession,
    ifMatch: string,
    fragment: string,
  ): Promise<{ readonly fragment: string; readonly etag: string }> {
    try {
      return await this.find(feedId, sessionId).patch(ifMatch, fragment);
    } catch (error) {
      // Of one that has ended a worker says something else, or nothing more.
      this.find(feedId, sessionId);
      throw error;
    }
  }

  /** Errors: FEED_NOT_FOUND. */
  delete({ feedId, sessionId }: FeedSession): void {
    this.find(feedId, sessionId).close('it was ended');
  }

  /** @param session its publisher's; empty = whichever it has. Errors: FEED_NOT_FOUND, also when another one has displaced that. */
  find(feedId: string, session = ''): Feed {
    const feed = this.#held.get(feedId)?.feed;
    if (feed !== undefined && (session === '' || session === feed.session)) return feed;
    throw new AppError('FEED_NOT_FOUND', 'there is no such feed here', {
      field: 'feed',
      value: feedId,
      fix: 'it has ended, or a newer publisher has its place: POST an offer',
    });
  }

  /** As `find`; a feed of another phone is none. */
  of(phoneId: string, feedId: string): Feed {
    return this.find(this.#held.get(feedId)?.feed.phoneId === phoneId ? feedId : '');
  }

  /** Of feeds that arrive here. */
  get phones(): string[] {
    return Array.from(this.#held.values(), ({ feed }) => feed.phoneId);
  }

  /** Of all feeds here. */
  get publishers(): Publisher[] {
    return Array.from(this.#held.values(), ({ feed }) => feed.publisher).filter((one) => one !== undefined);
  }

  /** A phone that was deleted has no feeds. One that was stopped has: nobody's screen is needed for them. */
  phoneEnded(phoneId: string, reason: string, end: PhoneEnd): void {
    if (end !== 'deleted') return;
    for (const { feed } of this.#held.values()) if (feed.phoneId === phoneId) feed.close(reason);
  }

  list(): Promise<FeedView[]> {
    return Promise.all(Array.from(this.#held.values(), ({ feed }) => feed.view()));
  }

  /** Ends all. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    const held = [...this.#held.values()];
    for (const { feed } of held) feed.close('this media-svc is stopping');
    await Promise.all(held.flatMap((one) => one.leases.map((lease) => lease.release())));
  }

  /**
   * Takes the feed's place, and those of what its publisher sends, from whoever has them: an earlier publisher of it elsewhere may send other kinds. Errors:
   * UNAVAILABLE_STATE, STREAM_FAILED when it has ended meanwhile.
   */
  async #hold(feed: Feed): Promise<void> {
    const { id, phoneId, kinds } = feed;
    const before = this.#held.get(id);
    const known = before?.feed === feed ? before : undefined;
    // Differs for each try: what an earlier one of the same feed releases is not this one's.
    const owner = `${id}:${randomBytes(6).toString('hex')}`;
    const taken: Lease[] = [];
    try {
      // Given back, and not kept for what is sent further: it may be lost already to a publisher elsewhere.
      if (known !== undefined) {
        await Promise.all(known.leases.map((lease) => lease.release()));
        known.leases = [];
      }
      const places = [
        { key: leases.feedPublisher, params: { feed: id } },
        ...kinds.map((kind) => ({ key: leases.feed, params: { phone: phoneId, kind } })),
      ];
      for (const { key, params } of places) {
        const acquired = await acquire(this.#state, key, params, {
          owner,
          log: this.#log,
          force: true,
        });
        if (acquired.held) taken.push(acquired.lease);
      }
      if (feed.closed || this.#closed) throw hasEnded();
    } catch (error) {
      await Promise.all(taken.map((lease) => lease.release()));
      throw error;
    }
    // Here at once; elsewhere by the lease, when it is renewed next.
    for (const { feed: other } of this.#held.values())
      if (other !== feed && (other.id === id || (other.phoneId === phoneId && sharesKind(other, kinds))))
        other.close('a newer feed has its place');
    if (known !== undefined) known.leases = taken;
    else this.#held.set(id, { feed, leases: taken });
    for (const lease of taken) lease.onLost(() => feed.close('a newer feed has its place'));
  }

  #ended(ended: Feed): void {
    const held = this.#held.get(ended.id);
    if (held?.feed !== ended) return;
    this.#held.delete(ended.id);
    for (const lease of held.leases) void lease.release();
  }
}

const sharesKind = (feed: Feed, kinds: readonly FeedKind[]): boolean =>
  feed.kinds.some((kind) => kinds.includes(kind));
