import type { types } from 'mediasoup';
import { records, subjects } from '@ancloud/contracts';
import type { StreamView } from '@ancloud/contracts/media/v1/media';
import type { SessionRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type Log, type Metrics } from '@ancloud/kit';
import type { BusSubscription } from '@ancloud/bus';
import { type Lease, type Records, recordsOf, type State } from '@ancloud/state';
import type { PhoneEnd } from '../core/phone-end.js';
import type { PhoneFollower } from '../io/phone-ends.js';
import { StreamMetrics } from '../io/stream-metrics.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { Inflow } from './inflow.js';
import { Inflows, type InflowsOptions, loadOf } from './inflows.js';
import { Ingest } from './ingest.js';
import { Paced } from './paced.js';
import { Stream } from './stream.js';
import { recordOf } from './stream-record.js';

const REFRESH_MS = 5_000;
/** Least time between two records of one stream: a crowd that joins changes the number of viewers a hundred times a second, ms. */
const TELL_MS = 100;

export interface StreamsOptions extends Omit<InflowsOptions, 'keyFrameAsked'> {
  /** How long a stream nobody watches is kept, ms: the next viewer finds it warm. */
  readonly idleMs: number;
  readonly pool: WorkerPool;
  readonly state: State;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface Held {
  readonly stream: Stream;
  /** Undefined at an edge: the phone arrives at another media-svc, and the record is that one's. */
  lease: Lease | undefined;
  readonly subscriptions: readonly BusSubscription[];
  readonly refresh: NodeJS.Timeout;
  idle: NodeJS.Timeout | undefined;
  /** Of the record, or what the origin is told. */
  readonly telling: Paced;
}

/**
 * The streams this media-svc carries: of phones that arrive here, by the lease, and as an edge of phones that another media-svc pipes here.
 * Owns, per phone: the lease and the record or the pipe, the stream, its subscriptions. All end together, in `#ended`, whatever ended
 * first. An edge whose origin is gone takes the lease and goes on as the origin, with the same stream.
 */
export class Streams implements PhoneFollower {
  readonly #options: StreamsOptions;
  readonly #held = new Map<string, Held>();
  /** Streams being made: two viewers of one phone must not make two. */
  readonly #opening = new Map<string, Promise<Stream>>();
  readonly #records: Records<StreamRecord>;
  readonly #sessionRecords: Records<SessionRecord>;
  readonly #metrics: StreamMetrics;
  readonly #inflows: Inflows;
  #closed = false;

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#records = recordsOf(options.state, records.stream);
    this.#sessionRecords = recordsOf(options.state, records.session);
    this.#metrics = new StreamMetrics(options.metrics, () =>
      Array.from(this.#held.values(), ({ stream }) => stream),
    );
    this.#inflows = new Inflows({
      ...options,
      keyFrameAsked: (reason, layer) => this.#metrics.keyFrameAsked(reason, layer),
    });
  }

  get count(): number {
    return this.#held.size;
  }

  get viewers(): number {
    return [...this.#held.values()].reduce((sum, { stream }) => sum + stream.viewers, 0);
  }

  /**
   * The phone's stream, made when this instance can take its lease; `edge`: also when another one has it, which pipes it here then.
   * Errors: STREAM_ELSEWHERE with the other instance's id as value, SESSION_NOT_FOUND, CAPACITY, UNAVAILABLE_STATE.
   */
  async open(phoneId: string, edge: boolean): Promise<Stream> {
    if (this.#closed) throw new AppError('UNAVAILABLE', 'this media-svc is stopping', { fix: 'join again' });
    const held = this.#held.get(phoneId);
    if (held !== undefined) return held.stream;
    let opening = this.#opening.get(phoneId);
    if (opening === undefined) {
      opening = this.#create(phoneId, edge).finally(() => this.#opening.delete(phoneId));
      this.#opening.set(phoneId, opening);
    }
    return opening;
  }

  /** The stream of a phone that arrives here, for an edge. Errors: STREAM_ELSEWHERE. */
  async arriving(phoneId: string): Promise<Stream> {
    await this.#opening.get(phoneId)?.catch(() => undefined);
    const held = this.#held.get(phoneId);
    if (held?.lease?.held === true) return held.stream;
    throw new AppError('STREAM_ELSEWHERE', `phone ${phoneId} does not arrive here`, {
      field: 'phone_id',
      value: phoneId,
    });
  }

  get(phoneId: string): Promise<StreamView> {
    const held = this.#held.get(phoneId);
    if (held === undefined)
      throw new AppError('SESSION_NOT_FOUND', `phone ${phoneId} has no stream here`, {
        field: 'phone_id',
        value: phoneId,
      });
    return held.stream.view(this.#record(held));
  }

  list(): Promise<StreamView[]> {
    return Promise.all([...this.#held.values()].map((held) => held.stream.view(this.#record(held))));
  }

  /** Of phones that it has streams of. */
  get phones(): Iterable<string> {
    return this.#held.keys();
  }

  /** Who watches one that was stopped waits for it; one that was deleted shows nothing again. */
  phoneEnded(phoneId: string, reason: string, end: PhoneEnd): void {
    if (end === 'deleted') this.#held.get(phoneId)?.stream.close(reason);
  }

  revokeViewer(viewerId: string, reason: string): void {
    for (const { stream } of this.#held.values()) stream.revokeViewer(viewerId, reason);
  }

  /** Ends all streams; their viewers are told to come again. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    const leasesHeld = [...this.#held.values()].flatMap(({ lease }) => lease ?? []);
    for (const { stream } of this.#held.values()) stream.close('this media-svc is stopping');
    await Promise.all(leasesHeld.map((lease) => lease.release()));
  }

  async #create(phoneId: string, edge: boolean): Promise<Stream> {
    const session = await this.#sessionRecords.get({ phone: phoneId });
    if (session === undefined) {
      throw new AppError('SESSION_NOT_FOUND', `phone ${phoneId} has no session`, {
        field: 'phone',
        value: phoneId,
        fix: 'wait until the phone is ready',
      });
    }
    const carrier = await this.#options.leases.seek(phoneId);
    if (carrier.lease === undefined && !edge) {
      throw new AppError('STREAM_ELSEWHERE', `media-svc ${carrier.mediaId} carries phone ${phoneId}`, {
        field: 'media',
        value: carrier.mediaId,
        fix: 'join there',
      });
    }
    try {
      const stream = await this.#start(phoneId, carrier.lease);
      stream.session(session);
      return stream;
    } catch (error) {
      await carrier.lease?.release();
      throw error;
    }
  }

  async #start(phoneId: string, lease: Lease | undefined): Promise<Stream> {
    const { bus, sessions, pool, log } = this.#options;
    const stream = await Stream.create({
      phoneId,
      pool,
      log,
      makeInflow: (root, session) => this.#makeInflow(root, session),
      sessions,
      dropped: (why) => this.#metrics.dropped(why),
      flooded: () => this.#metrics.flooded(),
      joined: (step, ms) => this.#metrics.joined(step, ms),
      experienced: (report) => this.#metrics.experienced(report),
      layerChanged: (layer, how) => this.#metrics.layerChanged(layer, how),
      changed: () => this.#changed(phoneId),
      closed: (reason, inflow) => this.#ended(phoneId, reason, inflow),
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
      lease: undefined,
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
      telling: new Paced(TELL_MS, () => this.#tell(held)),
    };
    this.#held.set(phoneId, held);
    if (lease !== undefined) this.#originOf(held, lease);
    this.#changed(phoneId);
    return stream;
  }

  #originOf(held: Held, lease: Lease): void {
    held.lease = lease;
    lease.onLost(() => held.stream.close('the stream lease was lost'));
  }

  async #makeInflow(root: types.Router, session: SessionRecord): Promise<Inflow> {
    const { phoneId } = session;
    const held = this.#held.get(phoneId);
    if (held === undefined) throw new AppError('CANCELLED', 'the stream has ended');
    return this.#inflows.make(root, session, {
      stream: held.stream,
      fence: held.lease?.fence,
      take: (lease) => {
        if (this.#held.get(phoneId) !== held) return false;
        this.#originOf(held, lease);
        this.#changed(phoneId);
        return true;
      },
    });
  }

  #changed(phoneId: string): void {
    const held = this.#held.get(phoneId);
    if (held === undefined) return;
    if (held.stream.viewers > 0 || held.stream.edges.length > 0) {
      clearTimeout(held.idle);
      held.idle = undefined;
    } else {
      // Goes on through each refresh: those are more frequent than it is long.
      held.idle ??= setTimeout(() => held.stream.close('nobody watches'), this.#options.idleMs);
    }
    held.telling.changed();
  }

  #tell(held: Held): void {
    if (held.lease === undefined) held.stream.tell(loadOf(held.stream));
    else this.#publish(held);
  }

  #ended(phoneId: string, reason: string, inflow: Inflow | undefined): void {
    const held = this.#held.get(phoneId);
    if (held === undefined) return;
    this.#held.delete(phoneId);
    clearInterval(held.refresh);
    clearTimeout(held.idle);
    held.telling.close();
    for (const subscription of held.subscriptions) subscription.close();
    const { sessions, bus, log } = this.#options;
    log.info({ phone: phoneId, reason }, 'stream closed');
    if (inflow instanceof Ingest && held.lease !== undefined) {
      sessions
        .detach(inflow.session, held.lease.fence)
        .catch((error: unknown) =>
          log.debug({ phone: phoneId, err: error }, 'the session could not be told of the end'),
        );
    }
    // Only while the lease is ours may the record be ours to remove.
    if (held.lease?.held === true) {
      this.#records.deleteAsHolder({ phone: phoneId }, held.lease.fence).catch(() => undefined);
      const record = { ...this.#record(held), mediaId: '', viewers: 0 };
      bus.publish(subjects.stream, { phone: phoneId }, record);
    }
    void held.lease?.release();
  }

  #record({ stream, lease }: Held): StreamRecord {
    return recordOf(stream, lease?.fence ?? 0, this.#options);
  }

  #publish(held: Held): void {
    const { bus, log } = this.#options;
    const record = this.#record(held);
    const { phoneId: phone } = record;
    bus.publish(subjects.stream, { phone }, record);
    this.#records.writeAsHolder({ phone }, record).then(
      // We have slept: the lease would tell at its next renewal.
      (ours) => ours || held.stream.close('another media-svc has taken over'),
      (error: unknown) => log.warn({ phone, err: error }, 'the stream record could not be written'),
    );
  }
}
