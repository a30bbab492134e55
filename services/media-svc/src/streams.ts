import { randomBytes } from 'node:crypto';
import { leases, records, subjects } from '@ancloud/contracts';
import { KeyFrameWanted_Reason } from '@ancloud/contracts/events/v1/events';
import type { StreamView } from '@ancloud/contracts/media/v1/media';
import type { SessionRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type Log, type Metrics } from '@ancloud/kit';
import type { Bus, BusSubscription } from '@ancloud/bus';
import { acquire, type Lease, type Records, recordsOf, type State } from '@ancloud/state';
import { StreamMetrics } from './io/stream-metrics.js';
import { idOf, type MediaPeers } from './io/media-peers.js';
import type { SessionCaller } from './io/session-caller.js';
import { Stream } from './stream.js';
import type { WorkerPool } from './worker-pool.js';

const REFRESH_MS = 5_000;
/** Least time between two records of one stream: a crowd that joins changes the number of viewers a hundred times a second, ms. */
const TELL_MS = 100;

export interface StreamsOptions {
  readonly mediaId: string;
  /** What others dial for this instance. */
  readonly address: string;
  readonly rtpListenIp: string;
  /** How long a stream nobody watches is kept, ms: the next viewer finds it warm. */
  readonly idleMs: number;
  readonly pool: WorkerPool;
  readonly sessions: SessionCaller;
  readonly peers: MediaPeers;
  readonly bus: Bus;
  readonly state: State;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface Held {
  readonly stream: Stream;
  readonly lease: Lease;
  readonly subscriptions: readonly BusSubscription[];
  readonly refresh: NodeJS.Timeout;
  idle: NodeJS.Timeout | undefined;
  /** Until it ends no record is written; `stale`: then one is due. */
  telling: NodeJS.Timeout | undefined;
  stale: boolean;
}

/**
 * The streams this media-svc is root of. Owns, per phone: the lease, the stream, its subscriptions and its record. All
 * end together, in `#ended`, whatever ended first.
 */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #held = new Map<string, Held>();
  /** Streams being made: two viewers of one phone must not make two. */
  readonly #opening = new Map<string, Promise<Stream>>();
  readonly #records: Records<StreamRecord>;
  readonly #sessionRecords: Records<SessionRecord>;
  readonly #metrics: StreamMetrics;
  readonly #process = randomBytes(6).toString('hex');
  #closed = false;

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#records = recordsOf(options.state, records.stream);
    this.#sessionRecords = recordsOf(options.state, records.session);
    this.#metrics = new StreamMetrics(options.metrics, () =>
      Array.from(this.#held.values(), ({ stream }) => stream),
    );
  }

  get count(): number {
    return this.#held.size;
  }

  get viewers(): number {
    return [...this.#held.values()].reduce((sum, { stream }) => sum + stream.viewers, 0);
  }

  /**
   * The phone's stream, made when this instance can take its lease.
   * Errors: STREAM_ELSEWHERE with the other instance's id as value, SESSION_NOT_FOUND, CAPACITY, UNAVAILABLE_STATE.
   */
  async open(phoneId: string): Promise<Stream> {
    if (this.#closed) throw new AppError('UNAVAILABLE', 'this media-svc is stopping', { fix: 'join again' });
    const held = this.#held.get(phoneId);
    if (held !== undefined) return held.stream;
    let opening = this.#opening.get(phoneId);
    if (opening === undefined) {
      opening = this.#create(phoneId).finally(() => this.#opening.delete(phoneId));
      this.#opening.set(phoneId, opening);
    }
    return opening;
  }

  get(phoneId: string): Promise<StreamView> {
    const held = this.#held.get(phoneId);
    if (held === undefined) {
      throw new AppError('SESSION_NOT_FOUND', `phone ${phoneId} has no stream here`, {
        field: 'phone_id',
        value: phoneId,
      });
    }
    return held.stream.view(this.#record(held));
  }

  list(): Promise<StreamView[]> {
    return Promise.all([...this.#held.values()].map((held) => held.stream.view(this.#record(held))));
  }

  revokeViewer(viewerId: string, reason: string): void {
    for (const { stream } of this.#held.values()) stream.revokeViewer(viewerId, reason);
  }

  /** Ends all streams; their viewers are told to come again. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    const leasesHeld = [...this.#held.values()].map(({ lease }) => lease);
    for (const { stream } of this.#held.values()) stream.close('this media-svc is stopping');
    await Promise.all(leasesHeld.map((lease) => lease.release()));
  }

  async #create(phoneId: string): Promise<Stream> {
    const { mediaId, state, log } = this.#options;
    const session = await this.#sessionRecords.get({ phone: phoneId });
    if (session === undefined) {
      throw new AppError('SESSION_NOT_FOUND', `phone ${phoneId} has no session`, {
        field: 'phone',
        value: phoneId,
        fix: 'wait until the phone is ready',
      });
    }
    // The owner differs for each process: a restarted instance must get a new fence, not its dead self's.
    const owner = `${mediaId}:${this.#process}`;
    let acquired = await acquire(state, leases.stream, { phone: phoneId }, { owner, log });
    if (!acquired.held && (await this.#options.peers.isGone(acquired.owner, phoneId))) {
      log.info(
        { phone: phoneId, from: acquired.owner },
        'the media-svc that carried a stream is gone; taking it over',
      );
      acquired = await acquire(state, leases.stream, { phone: phoneId }, { owner, log, force: true });
    }
    if (!acquired.held) {
      throw new AppError('STREAM_ELSEWHERE', `media-svc ${idOf(acquired.owner)} carries phone ${phoneId}`, {
        field: 'media',
        value: idOf(acquired.owner),
        fix: 'join there',
      });
    }
    const { lease } = acquired;
    try {
      const stream = await this.#start(phoneId, lease);
      stream.session(session);
      return stream;
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  async #start(phoneId: string, lease: Lease): Promise<Stream> {
    const { bus, sessions, rtpListenIp, pool, log } = this.#options;
    const wishes = bus.outlet(subjects.keyFrame, { phone: phoneId });
    const stream = await Stream.create({
      phoneId,
      fence: lease.fence,
      pool,
      rtpListenIp,
      sessions,
      log,
      askKeyFrame: (reason, layer) => {
        this.#metrics.keyFrameAsked(reason, layer);
        const code =
          reason === 'join' ? KeyFrameWanted_Reason.REASON_JOIN : KeyFrameWanted_Reason.REASON_LOSS;
        wishes.publish({ phoneId, reason: code, low: layer === 'low' });
      },
      dropped: (why) => this.#metrics.dropped(why),
      joined: (step, ms) => this.#metrics.joined(step, ms),
      experienced: (report) => this.#metrics.experienced(report),
      layerChanged: (layer, how) => this.#metrics.layerChanged(layer, how),
      changed: () => this.#changed(phoneId),
      closed: (reason) => this.#ended(phoneId, reason),
    });
    const readSession = (): void => {
      this.#sessionRecords.get({ phone: phoneId }).then(
        (record) => stream.session(record),
        // Redis is away: what the stream has goes on.
        (error: unknown) => log.debug({ phone: phoneId, err: error }, 'the session could not be read'),
      );
    };
    const held: Held = {
      stream,
      lease,
      subscriptions: [
        bus.subscribe(subjects.session, { phone: phoneId }, (record) => stream.session(record)),
        bus.subscribe(subjects.device, { phone: phoneId }, ({ event }) => {
          if (event?.$case === 'videoSize') stream.resized(event.value.width, event.value.height);
        }),
      ],
      // Level-triggered: whatever a lost fact hid is found here.
      refresh: setInterval(() => {
        readSession();
        this.#changed(phoneId);
      }, REFRESH_MS),
      idle: undefined,
      telling: undefined,
      stale: false,
    };
    this.#held.set(phoneId, held);
    lease.onLost(() => stream.close('the stream lease was lost'));
    this.#changed(phoneId);
    return stream;
  }

  #changed(phoneId: string): void {
    const held = this.#held.get(phoneId);
    if (held === undefined) return;
    if (held.stream.viewers > 0) {
      clearTimeout(held.idle);
      held.idle = undefined;
    } else {
      // Goes on through each refresh: those are more frequent than it is long.
      held.idle ??= setTimeout(() => held.stream.close('nobody watches'), this.#options.idleMs);
    }
    held.stale = true;
    if (held.telling === undefined) this.#tell(held);
  }

  /** The first change at once, those that follow together. */
  #tell(held: Held): void {
    held.stale = false;
    this.#publish(this.#record(held));
    held.telling = setTimeout(() => {
      held.telling = undefined;
      if (held.stale) this.#tell(held);
    }, TELL_MS);
  }

  #ended(phoneId: string, reason: string): void {
    const held = this.#held.get(phoneId);
    if (held === undefined) return;
    this.#held.delete(phoneId);
    clearInterval(held.refresh);
    clearTimeout(held.idle);
    clearTimeout(held.telling);
    for (const subscription of held.subscriptions) subscription.close();
    this.#options.log.info({ phone: phoneId, reason }, 'stream closed');
    // Only while the lease is ours may the record be ours to remove.
    if (held.lease.held) {
      this.#records.delete({ phone: phoneId }).catch(() => undefined);
      this.#options.bus.publish(
        subjects.stream,
        { phone: phoneId },
        { ...this.#record(held), mediaId: '', viewers: 0 },
      );
    }
    void held.lease.release();
  }

  #record(held: Held): StreamRecord {
    return {
      phoneId: held.stream.phoneId,
      mediaId: this.#options.mediaId,
      mediaAddress: this.#options.address,
      fence: held.lease.fence,
      viewers: held.stream.viewers,
      width: held.stream.size.width,
      height: held.stream.size.height,
      updatedAtMs: Date.now(),
    };
  }

  #publish(record: StreamRecord): void {
    this.#options.bus.publish(subjects.stream, { phone: record.phoneId }, record);
    this.#records.set({ phone: record.phoneId }, record).catch((error: unknown) => {
      this.#options.log.warn({ phone: record.phoneId, err: error }, 'the stream record could not be written');
    });
  }
}
