import { setImmediate } from 'node:timers/promises';
import type { types } from 'mediasoup';
import type { FeedView } from '@ancloud/contracts/media/v1/media';
import { AppError, type Log } from '@ancloud/kit';
import type { Shape } from '../core/rtp-parameters.js';
import type { FeedKind } from '../core/whip-offer.js';
import type { StreamViewer, Watchable } from '../streams/stream-viewer.js';
import type { Branch } from '../workers/branch.js';
import { Branches } from '../workers/branches.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { Publisher, type Publication } from './publisher.js';

export interface FeedOptions {
  readonly id: string;
  readonly phoneId: string;
  /** Tenant. */
  readonly owner: string;
  readonly pool: WorkerPool;
  /** Called once, whoever closed it; also before `create` has returned. */
  readonly closed: (feed: Feed) => void;
  readonly log: Log;
}

/**
 * A camera or a microphone that somebody sends to a phone by WHIP: a router, the publisher, and whoever watches. Another publisher may come in
 * the place of the one there is. Owned by `Feeds`. Ends by `close`, with its publisher, or with the worker it arrives at; another worker takes
 * its own viewers only.
 */
export class Feed implements Watchable {
  readonly #options: FeedOptions;
  readonly #branches: Branches;
  #publisher: Publisher | undefined;
  /** What branches feed their viewers from: the publisher's. */
  readonly #source: { producers: types.Producer[] } = { producers: [] };
  readonly #viewers = new Map<string, StreamViewer>();
  #closed = false;

  private constructor(options: FeedOptions, branches: Branches) {
    this.#options = options;
    this.#branches = branches;
  }

  /** Without a publisher. Nothing is left behind by an error: CAPACITY while no worker lives, STREAM_FAILED. */
  static async create(options: FeedOptions): Promise<Feed> {
    let feed: Feed | undefined;
    const branches = await Branches.create({
      pool: options.pool,
      died: (branch) => {
        if (feed !== undefined) feed.#died(branch);
      },
    });
    feed = new Feed(options, branches);
    return feed;
  }

  get id(): string {
    return this.#options.id;
  }

  get phoneId(): string {
    return this.#options.phoneId;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whoever sends it now. */
  get publisher(): Publisher | undefined {
    return this.#publisher;
  }

  /** Of its publisher. */
  get kinds(): readonly FeedKind[] {
    return this.#publisher?.kinds ?? [];
  }

  /** Of its publisher. */
  get session(): string {
    return this.#publisher?.session ?? '';
  }

  /**
   * Takes a publisher, in the place of the one there is: that one's transport is closed before anybody could know where to send to, so there is one
   * at a time. Who watches goes on with the new one's. Answers with the SDP for it, and its ICE session's tag. Errors: SDP_INVALID, STREAM_FAILED,
   * CANCELLED; the one there is stays then.
   */
  async publish(publication: Publication): Promise<{ readonly answer: string; readonly etag: string }> {
    const publisher = await Publisher.create(this.#branches.root, publication, {
      cname: this.id,
      ended: (who, reason) => {
        if (who === this.#publisher) this.close(reason);
      },
    }).catch((error: unknown) => {
      // Whatever a worker that died says of it.
      throw this.#closed ? hasEnded() : error;
    });
    // Nobody has the place of who sends, for an answer that nobody hears. Where this process slept, word of it may be read behind the
    // worker's answer.
    await setImmediate();
    if (this.#closed || publication.gone()) {
      publisher.close();
      throw this.#closed ? hasEnded() : new AppError('CANCELLED', 'whoever offered does not wait any more');
    }
    const before = this.#publisher;
    // In this order: what the one before tells of its end is not this feed's any more.
    this.#publisher = publisher;
    before?.close();
    this.#source.producers = [...publisher.producers];
    for (const viewer of this.#viewers.values()) viewer.replaced();
    return { answer: publisher.answer(this.id), etag: publisher.etag };
  }

  /** Errors: RATE_LIMITED, SDP_INVALID, ETAG_MISMATCH, STREAM_FAILED when it has ended. */
  async patch(ifMatch: string, fragment: string): ReturnType<Publisher['patch']> {
    if (this.#publisher === undefined || this.#closed) throw hasEnded();
    return this.#publisher.patch(ifMatch, fragment);
  }

  /** As `Stream.seat`. Errors: CAPACITY, STREAM_FAILED, UNAVAILABLE at the end. */
  async seat<V extends StreamViewer>(
    id: string,
    shape: Shape,
    make: (branch: Branch, left: () => void) => V,
  ): Promise<V> {
    const seat = await this.#branches.seat(shape);
    if (this.#closed) {
      seat.leave();
      throw new AppError('UNAVAILABLE', 'the feed has ended', { fix: 'ask for a new one' });
    }
    this.#viewers.get(id)?.close('replaced by a newer session of the same viewer');
    const viewer: V = make(seat.branch, () => {
      seat.leave();
      if (this.#viewers.get(id) === viewer) this.#viewers.delete(id);
    });
    this.#viewers.set(id, viewer);
    return viewer;
  }

  producers(branch: Branch): Promise<types.Producer[]> {
    return branch.producers(this.#source, this.#branches.root);
  }

  producersNow(branch: Branch): Promise<types.Producer[]> {
    return this.producers(branch);
  }

  /** The worker itself passes wishes on to the publisher, whose encoder serves nobody else. */
  wantKeyFrame(): void {}

  flooded(): void {}

  /** Steps of joining are counted for phones' pictures alone. */
  joined(): void {}

  async view(): Promise<FeedView> {
    const { phoneId, owner, id } = this.#options;
    const publisher = this.#publisher;
    const tracks = await Promise.all(
      this.#source.producers.map(async (producer) => {
        const stats = producer.closed ? [] : await producer.getStats();
        return {
          kind: producer.kind === 'video' ? 'camera' : 'microphone',
          codec: producer.rtpParameters.codecs[0]?.mimeType ?? '',
          packets: stats.reduce((sum, { packetCount }) => sum + packetCount, 0),
          bytes: stats.reduce((sum, { byteCount }) => sum + byteCount, 0),
        };
      }),
    );
    return {
      feedId: id,
      phoneId,
      owner,
      live: publisher?.live === true,
      tracks,
      viewers: this.#viewers.size,
      startedAtMs: publisher?.sinceMs ?? 0,
      sessionId: publisher?.session ?? '',
    };
  }

  /** Closes viewers, the publisher, branches. May be called twice. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const viewer of this.#viewers.values()) viewer.close(reason);
    this.#publisher?.close();
    this.#branches.close();
    this.#options.log.info({ feed: this.id, phone: this.phoneId, reason }, 'a feed is closed');
    this.#options.closed(this);
  }

  #died(branch: Branch): void {
    if (branch === this.#branches.root) return this.close('media worker died');
    for (const viewer of this.#viewers.values())
      if (viewer.branch === branch) viewer.close('media worker died');
  }
}

/** For its publisher: another offer makes another feed. */
export const hasEnded = (): AppError =>
  new AppError('STREAM_FAILED', 'the feed has ended before its publisher had an answer', {
    fix: 'POST the offer again',
  });
