import type { types } from 'mediasoup';
import type { StreamView } from '@ancloud/contracts/media/v1/media';
import type { SessionRecord, StreamEdge } from '@ancloud/contracts/state/v1/state';
import { AppError, type InputDrop, type Log } from '@ancloud/kit';
import type { Experience } from '../core/experience.js';
import type { WishReason } from '../core/key-frame-wish.js';
import type { Layer } from '../core/layer-choice.js';
import type { Shape } from '../core/rtp-parameters.js';
import type { Branch } from '../workers/branch.js';
import { Branches } from '../workers/branches.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { Attachment } from './attachment.js';
import { Audience } from './audience.js';
import type { Inflow, Load } from './inflow.js';
import { KeyFrameWishes } from './key-frame-wishes.js';
import type { LowSeat } from './low-layer.js';
import { PhoneFacts } from './phone-facts.js';
import { PhoneQuestions } from './phone-questions.js';
import { RateMeter } from './rate-meter.js';
import type { JoinStep, StreamViewer } from './stream-viewer.js';

export interface StreamOptions {
  readonly phoneId: string;
  readonly pool: WorkerPool;
  /** Makes what brings the picture of that session to the root. */
  readonly makeInflow: (root: types.Router, session: SessionRecord) => Promise<Inflow>;
  readonly sessions: ConstructorParameters<typeof PhoneQuestions>[0];
  readonly dropped: (why: InputDrop) => void;
  readonly flooded: () => void;
  /** A viewer took a step towards its first picture; ms since the one before. */
  readonly joined: (step: JoinStep, ms: number) => void;
  /** A player told how its picture was; a field's name: what it told could not be read. */
  readonly experienced: (report: Experience | keyof Experience | 'rate') => void;
  /** A viewer was given another layer, or could not be. */
  readonly layerChanged: (layer: Layer, how: 'done' | 'failed') => void;
  /** Called when viewers or size changed: somebody publishes the record. */
  readonly changed: () => void;
  /** Called once, with why, and with what brought the picture until then. */
  readonly closed: (reason: string, inflow: Inflow | undefined) => void;
  readonly log: Log;
}

/**
 * One phone's picture: inflow → branches → viewers. Owns all of them; the lease and the records belong to `Streams`. Ends by
 * `close`, or when the worker dies on which the phone's packets arrive; another worker takes its own viewers with it only.
 */
export class Stream {
  readonly #options: StreamOptions;
  readonly #branches: Branches;
  readonly #audience = new Audience();
  readonly #attachment: Attachment;
  /** What viewers may want to know of the phone. */
  readonly questions: PhoneQuestions;
  readonly #wishes: KeyFrameWishes;
  readonly #meter: RateMeter;
  #session: SessionRecord | undefined;
  /** What viewers are told of the phone itself. */
  readonly facts = new PhoneFacts(this.#audience);
  #closed = false;

  private constructor(options: StreamOptions, branches: Branches) {
    this.#options = options;
    this.#branches = branches;
    this.#wishes = new KeyFrameWishes((reason) => this.#inflow?.askKeyFrame(reason));
    this.#meter = new RateMeter(
      async () => (await this.#inflow?.counts()) ?? { packets: 0, bytes: 0 },
      ({ packets, bits }) => {
        branches.weigh(packets);
        for (const viewer of this.#audience.all) viewer.judge(performance.now(), bits);
      },
    );
    this.questions = new PhoneQuestions(options.sessions, () =>
      this.#inflow === undefined ? undefined : this.#session,
    );
    this.#attachment = new Attachment({
      phoneId: options.phoneId,
      make: (session) => options.makeInflow(branches.root.router, session),
      attached: (inflow) => this.#attached(inflow),
      dropped: (reason) => {
        for (const viewer of this.#audience.all) viewer.notify('streamState', { state: 'waiting', reason });
      },
      fenced: () => this.close('another media-svc has taken over'),
      log: options.log,
    });
  }

  /** Errors: CAPACITY while no worker lives, STREAM_FAILED. */
  static async create(options: StreamOptions): Promise<Stream> {
    const branches = await Branches.create({ pool: options.pool, died: (branch) => stream.#died(branch) });
    const stream = new Stream(options, branches);
    return stream;
  }

  get phoneId(): string {
    return this.#options.phoneId;
  }

  /** Who watches here. */
  get viewers(): number {
    return this.#audience.watching.length;
  }

  /** Of those, thumbnails: no reason to keep the phone awake. */
  get pinned(): number {
    return this.#audience.pinned;
  }

  /** Somebody is sent the main picture or sound, here or by an edge. */
  get needsMain(): boolean {
    return this.#audience.needsMain;
  }

  /** No worker here has room for one viewer more. */
  get full(): boolean {
    return this.#branches.full;
  }

  /** The media-svcs that it is piped to. */
  get edges(): StreamEdge[] {
    return this.#audience.edges;
  }

  /** The media-svc that pipes it here; empty where the phone itself sends, or nobody does. */
  get origin(): string {
    return this.#inflow?.origin ?? '';
  }

  get hasAudio(): boolean {
    return this.#inflow?.audio !== undefined;
  }

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
    this.#audience.get(id)?.close('replaced by a newer connection of the same viewer');
    const viewer: V = make(seat.branch, () => {
      seat.leave();
      this.#audience.remove(id, viewer);
      this.changed();
    });
    this.#audience.add(id, viewer);
    this.changed();
    return viewer;
  }

  /** Its right was taken back: it may not come again. */
  revokeViewer(id: string, reason: string): void {
    this.#audience.get(id)?.close(reason, 'VIEWER_REVOKED');
  }

  /** What Redis says of the phone's session now; undefined when it has none. */
  session(session: SessionRecord | undefined): void {
    if (this.#closed) return;
    this.#session = session;
    this.#attachment.session(session);
    if (session === undefined) return;
    this.resized(session.width, session.height);
    this.facts.session(session);
  }

  /** The picture's size, from the session record or a device event; 0 is ignored. */
  resized(width: number, height: number): void {
    if (this.facts.resized(width, height)) this.#options.changed();
  }

  lost(inflow: Inflow, reason: string): void {
    this.#attachment.ended(inflow, reason);
  }

  /** Viewers came or went, here or at an edge, or need something else. */
  changed(): void {
    this.#inflow?.main.want(this.needsMain);
    this.#options.changed();
  }

  /** Tells where the picture comes from that it is watched here. */
  tell(load: Load): void {
    this.#inflow?.watched(load);
  }

  /** What viewers on `branch` are to consume. Errors: STREAM_FAILED when no session gave a picture within 10 s. */
  async producers(branch: Branch): Promise<types.Producer[]> {
    return branch.producers(await this.#attachment.main(), this.#branches.root);
  }

  /** As `producers`, without waiting for a session: undefined when none gives a picture now. */
  async producersNow(branch: Branch): Promise<types.Producer[] | undefined> {
    return this.#attachment.mainNow && branch.producers(this.#attachment.mainNow, this.#branches.root);
  }

  /** For a viewer who has the low one. Errors: STREAM_FAILED. */
  async mainPicture(branch: Branch): Promise<types.Producer> {
    return branch.producer((await this.#attachment.main()).video, this.#branches.root);
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

  layerChanged(to: Layer): void {
    this.#options.layerChanged(to, 'done');
  }

  layerFailed(to: Layer, why: unknown): void {
    const { log, phoneId, layerChanged } = this.#options;
    log.info({ phone: phoneId, to, err: why }, 'a viewer could not be given another layer');
    layerChanged(to, 'failed');
  }

  dropped(why: InputDrop): void {
    this.#options.dropped(why);
  }

  flooded(): void {
    this.#options.flooded();
  }

  joined(step: JoinStep, ms: number): void {
    this.#options.joined(step, ms);
  }

  experienced(report: Experience | keyof Experience | 'rate'): void {
    this.#options.experienced(report);
  }

  wantKeyFrame(reason: WishReason, layer: Layer = 'main'): void {
    if (layer === 'main') this.#wishes.want(reason);
    else this.#inflow?.low.wantKeyFrame(reason);
  }

  async view(record: StreamView['record']): Promise<StreamView> {
    const counts = (await this.#inflow?.counts().catch(() => undefined)) ?? { packets: 0, bytes: 0 };
    return {
      record,
      viewers: await Promise.all(this.#audience.watching.map((viewer) => viewer.view())),
      packetsIn: counts.packets,
      bytesIn: counts.bytes,
      keyFramesAsked: this.#wishes.asked,
      origin: this.origin,
    };
  }

  /** Closes viewers, inflow and branches. May be called twice. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wishes.close();
    this.#meter.close();
    for (const viewer of this.#audience.all) viewer.close(reason);
    this.#attachment.close();
    this.#branches.close();
    this.#options.closed(reason, this.#inflow);
  }

  #died(branch: Branch): void {
    if (branch === this.#branches.root) return this.close('media worker died');
    for (const viewer of this.#audience.all) if (viewer.branch === branch) viewer.close('media worker died');
  }

  get #inflow(): Inflow | undefined {
    return this.#attachment.inflow;
  }

  #attached({ size }: Inflow): void {
    this.resized(size.width, size.height);
    for (const viewer of this.#audience.all) {
      viewer.replaced();
      viewer.notify('streamState', { state: 'live', reason: '' });
    }
    // Whoever it comes from has not been told yet who watches.
    this.changed();
  }
}
