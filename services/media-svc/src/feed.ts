import type { types } from 'mediasoup';
import type { FeedView } from '@ancloud/contracts/media/v1/media';
import { AppError, type Log } from '@ancloud/kit';
import type { Branch } from './branch.js';
import { Branches } from './branches.js';
import type { Shape } from './core/rtp-parameters.js';
import { writeAnswer } from './core/whep-answer.js';
import { kindsOf, producersOf, type FeedKind } from './core/whip-offer.js';
import type { WhepOffer } from './core/whep-offer.js';
import { IceSession } from './ice-session.js';
import type { StreamViewer, Watchable } from './stream-viewer.js';
import type { WorkerPool } from './worker-pool.js';

/** Between two key frames that are asked of the publisher: a crowd that joins makes one wish. */
const KEY_FRAME_MS = 1_000;

export interface FeedOptions {
  readonly id: string;
  readonly phoneId: string;
  /** Tenant. */
  readonly owner: string;
  readonly offer: WhepOffer;
  readonly pool: WorkerPool;
  /** Called once, whoever closed it; also before `create` has returned. */
  readonly closed: (feed: Feed) => void;
  readonly log: Log;
}

/**
 * A camera or a microphone that somebody sends to a phone by WHIP: a router, the publisher's transport, a producer of each kind, and whoever
 * watches. Owned by `Feeds`. Ends by `close`, with its publisher (ice-session.ts), or with the worker it arrives at; another worker takes
 * its own viewers only.
 */
export class Feed implements Watchable {
  readonly #options: FeedOptions;
  readonly #branches: Branches;
  readonly #session: IceSession;
  /** What branches feed their viewers from. */
  readonly #source: { producers: types.Producer[] } = { producers: [] };
  readonly #viewers = new Map<string, StreamViewer>();
  readonly #sinceMs = Date.now();
  #closed = false;

  private constructor(options: FeedOptions, branches: Branches, transport: types.WebRtcTransport) {
    this.#options = options;
    this.#branches = branches;
    this.#session = new IceSession(transport, options.offer, (reason) => this.close(reason));
  }

  /** Nothing is left behind by an error: CAPACITY while no worker lives, STREAM_FAILED, SDP_INVALID. */
  static async create(options: FeedOptions): Promise<Feed> {
    let feed: Feed | undefined;
    const branches = await Branches.create({
      pool: options.pool,
      died: (branch) => {
        if (feed !== undefined) feed.#died(branch);
      },
    });
    try {
      const transport = await branches.root.createViewerTransport({ data: false });
      feed = new Feed(options, branches, transport);
      await feed.#begin();
      return feed;
    } catch (error) {
      if (feed === undefined) branches.close();
      else feed.close('it could not be begun');
      throw error;
    }
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

  get kinds(): readonly FeedKind[] {
    return kindsOf(this.#options.offer);
  }

  get etag(): string {
    return this.#session.etag;
  }

  /** The SDP for the publisher. */
  answer(): string {
    const { offer, id } = this.#options;
    return writeAnswer({
      offer,
      transport: this.#session.transport,
      tracks: this.#source.producers,
      direction: 'recvonly',
      sessionId: String(this.#sinceMs),
      streamId: id,
    });
  }

  /** Errors: RATE_LIMITED, SDP_INVALID, ETAG_MISMATCH. */
  patch(ifMatch: string, fragment: string): ReturnType<IceSession['patch']> {
    return this.#session.patch(ifMatch, fragment);
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
      live: this.#session.transport.dtlsState === 'connected',
      tracks,
      viewers: this.#viewers.size,
      startedAtMs: this.#sinceMs,
    };
  }

  /** Closes viewers, the publisher's transport with its producers, branches. May be called twice. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const viewer of this.#viewers.values()) viewer.close(reason);
    this.#session.close();
    this.#branches.close();
    this.#options.log.info({ feed: this.id, phone: this.phoneId, reason }, 'a feed is closed');
    this.#options.closed(this);
  }

  async #begin(): Promise<void> {
    const { transport } = this.#session;
    await this.#session.connect();
    for (const { kind, rtpParameters } of producersOf(this.#options.offer, this.id))
      this.#source.producers.push(
        await transport.produce({ kind, rtpParameters, keyFrameRequestDelay: KEY_FRAME_MS }),
      );
    if (this.#closed)
      throw new AppError('STREAM_FAILED', 'the media worker died', { fix: 'POST the offer again' });
  }

  #died(branch: Branch): void {
    if (branch === this.#branches.root) return this.close('media worker died');
    for (const viewer of this.#viewers.values())
      if (viewer.branch === branch) viewer.close('media worker died');
  }
}
