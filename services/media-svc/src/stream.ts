import type { types } from 'mediasoup';
import type { StreamView } from '@ancloud/contracts/media/v1/media';
import { type SessionRecord, SessionState } from '@ancloud/contracts/state/v1/state';
import { AppError, type InputDrop, type Log } from '@ancloud/kit';
import type { Branch } from './branch.js';
import { Branches } from './branches.js';
import type { Experience } from './core/experience.js';
import type { Shape } from './core/rtp-parameters.js';
import type { WishReason } from './core/key-frame-wish.js';
import { Ingest } from './ingest.js';
import { KeyFrameWishes } from './key-frame-wishes.js';
import type { SessionCaller } from './io/session-caller.js';
import type { JoinStep, StreamViewer } from './stream-viewer.js';
import { RateMeter } from './rate-meter.js';
import type { WorkerPool } from './worker-pool.js';

/** How long a viewer's `consume` waits for the phone's session before it fails. */
const PRODUCERS_WAIT_MS = 10_000;
const ATTACH_RETRY_MS = [200, 500, 1_000, 2_000] as const;

export interface StreamOptions {
  readonly phoneId: string;
  /** Fence of the lease `stream:{phone}:lease`, sent along with every call to the session. */
  readonly fence: number;
  readonly pool: WorkerPool;
  readonly rtpListenIp: string;
  readonly sessions: SessionCaller;
  readonly askKeyFrame: (reason: WishReason) => void;
  readonly dropped: (why: InputDrop) => void;
  /** A viewer took a step towards its first picture; ms since the one before. */
  readonly joined: (step: JoinStep, ms: number) => void;
  /** A player told how its picture was; a field's name: what it told could not be read. */
  readonly experienced: (report: Experience | keyof Experience | 'rate') => void;
  /** Called when viewers or size changed: somebody publishes the record. */
  readonly changed: () => void;
  /** Called once, with why. */
  readonly closed: (reason: string) => void;
  readonly log: Log;
}

/**
 * One phone's picture: ingest → branches → viewers. Owns all of them; the lease and the records belong to `Streams`. Ends by
 * `close`, or when the worker dies on which the phone's packets arrive; another worker takes its own viewers with it only.
 */
export class Stream {
  readonly #options: StreamOptions;
  readonly #branches: Branches;
  readonly #viewers = new Map<string, StreamViewer>();
  #session: SessionRecord | undefined;
  #ingest: Ingest | undefined;
  #attaching = false;
  #ingestReady = Promise.withResolvers<void>();
  readonly #wishes: KeyFrameWishes;
  readonly #meter: RateMeter;
  #size = { width: 0, height: 0 };
  #closed = false;

  private constructor(options: StreamOptions, branches: Branches) {
    this.#options = options;
    this.#branches = branches;
    this.#wishes = new KeyFrameWishes(options.askKeyFrame);
    this.#meter = new RateMeter(
      async () => (await this.#ingest?.counts())?.packets ?? 0,
      (rate) => branches.weigh(rate),
    );
    // Nobody awaits it while no viewer consumes.
    this.#ingestReady.promise.catch(() => undefined);
  }

  /** Errors: CAPACITY while no worker lives, STREAM_FAILED. */
  static async create(options: StreamOptions): Promise<Stream> {
    const branches = await Branches.create({
      pool: options.pool,
      died: (branch) => stream.#died(branch),
    });
    const stream = new Stream(options, branches);
    return stream;
  }

  get phoneId(): string {
    return this.#options.phoneId;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  get size(): { readonly width: number; readonly height: number } {
    return this.#size;
  }

  get hasAudio(): boolean {
    return this.#ingest?.audio !== undefined;
  }

  /** How many routers carry it, the one on which it arrives among them. */
  get branches(): number {
    return this.#branches.size;
  }

  /**
   * Seats a viewer. `make` gets its branch, and what it is to call once when it has closed. A viewer with the same id is replaced: a
   * reconnect that overtook its own disconnect. Errors: CAPACITY while no worker lives, STREAM_FAILED, UNAVAILABLE at the end.
   */
  async seat<V extends StreamViewer>(
    id: string,
    shape: Shape,
    make: (branch: Branch, left: () => void) => V,
  ): Promise<V> {
    const ended = (): AppError => new AppError('UNAVAILABLE', 'the stream has ended', { fix: 'join again' });
    if (this.#closed) throw ended();
    const seat = await this.#branches.seat(shape);
    if (this.#closed) {
      seat.leave();
      throw ended();
    }
    this.#viewers.get(id)?.close('replaced by a newer connection of the same viewer');
    const viewer: V = make(seat.branch, () => {
      seat.leave();
      if (this.#viewers.get(id) === viewer) this.#viewers.delete(id);
      this.#options.changed();
    });
    this.#viewers.set(id, viewer);
    this.#options.changed();
    return viewer;
  }

  /** Its right was taken back: it may not come again. */
  revokeViewer(id: string, reason: string): void {
    this.#viewers.get(id)?.close(reason, 'VIEWER_REVOKED');
  }

  /** What Redis says of the phone's session now; undefined when it has none. Attaches, re-attaches or lets go. */
  session(session: SessionRecord | undefined): void {
    if (this.#closed) return;
    this.#session = session?.state === SessionState.SESSION_STATE_READY ? session : undefined;
    if (this.#session === undefined) {
      this.#dropIngest(
        session?.reason === '' || session === undefined ? 'the phone has no session' : session.reason,
      );
      return;
    }
    if (session !== undefined) this.resized(session.width, session.height);
    if (this.#ingest?.serves(this.#session) === true) return;
    if (this.#attaching) return;
    this.#attaching = true;
    void this.#attach().finally(() => (this.#attaching = false));
  }

  /** The picture's size, from the session record or a device event; 0 is ignored. */
  resized(width: number, height: number): void {
    if (width === 0 || height === 0 || (width === this.#size.width && height === this.#size.height)) return;
    this.#size = { width, height };
    for (const viewer of this.#viewers.values()) viewer.notify('size', this.#size);
    this.#options.changed();
  }

  /** What viewers on `branch` are to consume. Errors: STREAM_FAILED when no session gave a picture within 10 s. */
  async producers(branch: Branch): Promise<types.Producer[]> {
    const deadline = Date.now() + PRODUCERS_WAIT_MS;
    while (this.#ingest === undefined) {
      const left = deadline - Date.now();
      if (left <= 0 || this.#closed) {
        throw new AppError('STREAM_FAILED', `phone ${this.phoneId} sends no picture`, {
          field: 'phone',
          value: this.phoneId,
          fix: 'is it ready? its status tells',
        });
      }
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        this.#ingestReady.promise,
        new Promise<void>((resolve) => (timer = setTimeout(resolve, left))),
      ]);
      clearTimeout(timer);
    }
    return branch.producers(this.#ingest, this.#branches.root);
  }

  /** As `producers`, without waiting for a session: undefined when none gives a picture now. */
  async producersNow(branch: Branch): Promise<types.Producer[] | undefined> {
    return this.#ingest === undefined ? undefined : branch.producers(this.#ingest, this.#branches.root);
  }

  dropped(why: InputDrop): void {
    this.#options.dropped(why);
  }

  joined(step: JoinStep, ms: number): void {
    this.#options.joined(step, ms);
  }

  experienced(report: Experience | keyof Experience | 'rate'): void {
    this.#options.experienced(report);
  }

  /** A viewer lacks a key frame. */
  wantKeyFrame(reason: WishReason): void {
    this.#wishes.want(reason);
  }

  async view(record: StreamView['record']): Promise<StreamView> {
    const counts = (await this.#ingest?.counts().catch(() => undefined)) ?? { packets: 0, bytes: 0 };
    return {
      record,
      viewers: await Promise.all([...this.#viewers.values()].map((viewer) => viewer.view())),
      packetsIn: counts.packets,
      bytesIn: counts.bytes,
      keyFramesAsked: this.#wishes.asked,
    };
  }

  /** Closes viewers, ingest and branches; tells the session when it still exists. May be called twice. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wishes.close();
    this.#meter.close();
    const { sessions, fence, log, phoneId } = this.#options;
    if (this.#ingest !== undefined) {
      sessions
        .detach(this.#ingest.session, fence)
        .catch((error: unknown) =>
          log.debug({ phone: phoneId, err: error }, 'the session could not be told of the end'),
        );
    }
    for (const viewer of this.#viewers.values()) viewer.close(reason);
    this.#ingest?.close();
    this.#ingestReady.resolve();
    this.#branches.close();
    this.#options.closed(reason);
  }

  #died(branch: Branch): void {
    if (branch === this.#branches.root) return this.close('media worker died');
    for (const viewer of this.#viewers.values())
      if (viewer.branch === branch) viewer.close('media worker died');
  }

  #dropIngest(reason: string): void {
    if (this.#ingest === undefined) return;
    this.#ingest.close();
    this.#ingest = undefined;
    this.#ingestReady = Promise.withResolvers();
    for (const viewer of this.#viewers.values()) viewer.notify('streamState', { state: 'waiting', reason });
  }

  /** Until an ingest serves the session that is current, or there is none. */
  async #attach(): Promise<void> {
    const { log, phoneId, rtpListenIp, sessions, fence } = this.#options;
    for (let attempt = 0; !this.#closed; attempt++) {
      const session = this.#session;
      if (session === undefined || this.#ingest?.serves(session) === true) return;
      this.#dropIngest('the phone restarts its session');
      try {
        const ingest = await Ingest.create({
          router: this.#branches.root.router,
          session,
          fence,
          listenIp: rtpListenIp,
          sessions,
        });
        if (this.#closed || !ingest.serves(this.#session ?? session)) {
          ingest.close();
          continue;
        }
        this.#ingest = ingest;
        this.#ingestReady.resolve();
        this.resized(ingest.attached.width, ingest.attached.height);
        for (const viewer of this.#viewers.values()) {
          viewer.replaced();
          viewer.notify('streamState', { state: 'live', reason: '' });
        }
        log.info({ phone: phoneId, attempt, audio: ingest.audio !== undefined }, 'stream attached');
        return;
      } catch (error) {
        if (this.#closed) return;
        if (error instanceof AppError && error.code === 'FENCED') {
          log.warn({ phone: phoneId, err: error }, 'a newer media-svc carries the stream');
          this.close('another media-svc has taken over');
          return;
        }
        log.warn({ phone: phoneId, err: error, attempt }, 'the session could not be attached; trying again');
        const wait = ATTACH_RETRY_MS[Math.min(attempt, ATTACH_RETRY_MS.length - 1)] ?? 2_000;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }
}
