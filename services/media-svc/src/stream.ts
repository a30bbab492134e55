import type { types } from 'mediasoup';
import type { StreamView } from '@ancloud/contracts/media/v1/media';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type InputDrop, type Log } from '@ancloud/kit';
import { Attachment } from './attachment.js';
import type { Branch } from './branch.js';
import { Branches } from './branches.js';
import type { Experience } from './core/experience.js';
import type { Layer } from './core/layer-choice.js';
import type { Shape } from './core/rtp-parameters.js';
import type { WishReason } from './core/key-frame-wish.js';
import { Ingest } from './ingest.js';
import { KeyboardLook } from './keyboard-look.js';
import { KeyFrameWishes } from './key-frame-wishes.js';
import type { LowSeat } from './low-layer.js';
import type { SessionCaller } from './io/session-caller.js';
import type { JoinStep, StreamViewer } from './stream-viewer.js';
import { RateMeter } from './rate-meter.js';
import type { WorkerPool } from './worker-pool.js';

export interface StreamOptions {
  readonly phoneId: string;
  /** Fence of the lease `stream:{phone}:lease`, sent along with every call to the session. */
  readonly fence: number;
  readonly pool: WorkerPool;
  readonly rtpListenIp: string;
  readonly sessions: SessionCaller;
  readonly askKeyFrame: (reason: WishReason, layer: Layer) => void;
  readonly dropped: (why: InputDrop) => void;
  /** A viewer took a step towards its first picture; ms since the one before. */
  readonly joined: (step: JoinStep, ms: number) => void;
  /** A player told how its picture was; a field's name: what it told could not be read. */
  readonly experienced: (report: Experience | keyof Experience | 'rate') => void;
  /** A viewer was given another layer, or could not be. */
  readonly layerChanged: (layer: Layer, how: 'done' | 'failed') => void;
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
  readonly #attachment: Attachment;
  readonly #keyboard: KeyboardLook;
  readonly #wishes: KeyFrameWishes;
  readonly #meter: RateMeter;
  #size = { width: 0, height: 0 };
  #closed = false;

  private constructor(options: StreamOptions, branches: Branches) {
    this.#options = options;
    this.#branches = branches;
    this.#wishes = new KeyFrameWishes((reason) => options.askKeyFrame(reason, 'main'));
    this.#meter = new RateMeter(
      async () => (await this.#ingest?.counts()) ?? { packets: 0, bytes: 0 },
      ({ packets, bits }) => {
        branches.weigh(packets);
        for (const viewer of this.#viewers.values()) viewer.judge(performance.now(), bits);
      },
    );
    this.#keyboard = new KeyboardLook(async () => {
      const session = this.#ingest?.session;
      return session === undefined ? undefined : options.sessions.keyboardShown(session);
    });
    this.#attachment = new Attachment({
      phoneId: options.phoneId,
      make: (session) =>
        Ingest.create({
          router: branches.root.router,
          session,
          fence: options.fence,
          listenIp: options.rtpListenIp,
          sessions: options.sessions,
          askLowKeyFrame: (reason) => options.askKeyFrame(reason, 'low'),
        }),
      attached: (ingest) => this.#attached(ingest),
      dropped: (reason) => {
        for (const viewer of this.#viewers.values())
          viewer.notify('streamState', { state: 'waiting', reason });
      },
      fenced: () => this.close('another media-svc has taken over'),
      log: options.log,
    });
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

  /** What Redis says of the phone's session now; undefined when it has none. */
  session(session: SessionRecord | undefined): void {
    if (this.#closed) return;
    this.#attachment.session(session);
    if (session !== undefined) this.resized(session.width, session.height);
  }

  /** The picture's size, from the session record or a device event; 0 is ignored. */
  resized(width: number, height: number): void {
    if (width === 0 || height === 0 || (width === this.#size.width && height === this.#size.height)) return;
    this.#size = { width, height };
    for (const viewer of this.#viewers.values()) viewer.notify('size', this.#size);
    this.#options.changed();
  }

  /** Whether the phone's own keyboard is on its screen; null when it does not say. Errors: those of session-svc. */
  async keyboardShown(): Promise<boolean | null> {
    return (await this.#keyboard.ask()) ?? null;
  }

  /** What viewers on `branch` are to consume. Errors: STREAM_FAILED when no session gave a picture within 10 s. */
  async producers(branch: Branch): Promise<types.Producer[]> {
    return branch.producers(await this.#attachment.ready(), this.#branches.root);
  }

  /** As `producers`, without waiting for a session: undefined when none gives a picture now. */
  async producersNow(branch: Branch): Promise<types.Producer[] | undefined> {
    return this.#ingest === undefined ? undefined : branch.producers(this.#ingest, this.#branches.root);
  }

  /** The main layer for a viewer who has the low one. Errors: STREAM_FAILED. */
  async mainPicture(branch: Branch): Promise<types.Producer> {
    return branch.producer((await this.#attachment.ready()).video, this.#branches.root);
  }

  /** The low layer, begun when nobody had it, until `leave`. Errors: STREAM_FAILED, and those of session-svc. */
  async takeLow(branch: Branch): Promise<LowSeat> {
    const { producer, leave } = await (await this.#attachment.ready()).low.take();
    try {
      return { producer: await branch.producer(producer, this.#branches.root), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** A viewer sees another layer now. */
  layerChanged(to: Layer): void {
    this.#options.layerChanged(to, 'done');
  }

  /** One that should be given another keeps what it has. */
  layerFailed(to: Layer, why: unknown): void {
    const { log, phoneId, layerChanged } = this.#options;
    log.info({ phone: phoneId, to, err: why }, 'a viewer could not be given another layer');
    layerChanged(to, 'failed');
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
  wantKeyFrame(reason: WishReason, layer: Layer = 'main'): void {
    if (layer === 'main') this.#wishes.want(reason);
    else this.#ingest?.low.wantKeyFrame(reason);
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
    this.#attachment.close();
    this.#branches.close();
    this.#options.closed(reason);
  }

  #died(branch: Branch): void {
    if (branch === this.#branches.root) return this.close('media worker died');
    for (const viewer of this.#viewers.values())
      if (viewer.branch === branch) viewer.close('media worker died');
  }

  get #ingest(): Ingest | undefined {
    return this.#attachment.ingest;
  }

  #attached({ attached }: Ingest): void {
    this.resized(attached.width, attached.height);
    for (const viewer of this.#viewers.values()) {
      viewer.replaced();
      viewer.notify('streamState', { state: 'live', reason: '' });
    }
  }
}
