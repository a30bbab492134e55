import type { types } from 'mediasoup';
import { viewer as protocol } from '@ancloud/contracts';
import { AppError, Rate } from '@ancloud/kit';
import type { WishReason } from '../core/key-frame-wish.js';
import type { Layer, Link } from '../core/layer-choice.js';
import type { Watchable } from '../streams/stream-viewer.js';
import type { Branch } from '../workers/branch.js';
import { transportOptions, type ViewerTransport } from '../workers/transport-options.js';
import { PictureTrace } from './picture-trace.js';
import { PictureWait } from './picture-wait.js';

/** So often, and so many times at once, a picture that was paused and goes on, is consumed anew or of another layer is worth what a join is; more is as a loss. */
const AGAIN = { perSecond: 0.1, burst: 3 };

/** A consumer of a picture. */
interface Watched {
  readonly layer: Layer;
  readonly trace: PictureTrace;
  /** What its first picture is worth. */
  readonly worth: WishReason;
  /** It was sent, or to be sent, already: what comes after a pause is paid for. */
  resumed: boolean;
}

/**
 * What one viewer sees and hears: a transport, its consumers, and the wait for the first picture. Owned by the viewer; ends
 * by `close` or with its branch's router.
 */
export class Receiver {
  readonly #stream: Watchable;
  readonly #branch: Branch;
  readonly #transport: ViewerTransport;
  readonly #consumers = new Map<string, types.Consumer>();
  /** Of the picture that is shown. */
  #video: types.Consumer | undefined;
  readonly #watched = new WeakMap<types.Consumer, Watched>();
  /** The viewer's own, when it told them: else it decodes what the branch has. */
  #capabilities: types.RtpCapabilities | undefined;
  #availableBps: number | undefined;
  readonly #joinedAt: number;
  #securedAt: number | undefined;
  /** For the newest consumer that was resumed and may lack a picture. */
  readonly #wait: PictureWait<types.Consumer>;
  #pictured = false;
  readonly #again = new Rate(AGAIN.perSecond, AGAIN.burst, performance.now());
  /** Something was consumed of the producers that are. */
  #begun = false;
  /** Calls of `consume` that wait for the phone. */
  #waiting = 0;

  private constructor(stream: Watchable, branch: Branch, transport: ViewerTransport, joinedAt: number) {
    this.#stream = stream;
    this.#branch = branch;
    this.#transport = transport;
    this.#joinedAt = joinedAt;
    this.#wait = new PictureWait(transport, (consumer) =>
      stream.wantKeyFrame('join', this.#watched.get(consumer)?.layer),
    );
    transport.on('dtlsstatechange', (state) => {
      if (state !== 'connected') return;
      this.#securedAt = performance.now();
      stream.joined('handshake', this.#securedAt - joinedAt);
      this.#wait.secured();
    });
    transport.on('trace', (event) => {
      if (event.type === 'bwe')
        this.#availableBps = (event.info as { availableBitrate: number }).availableBitrate;
    });
  }

  /** Errors: STREAM_FAILED when the worker is gone. */
  static async create(
    stream: Watchable,
    branch: Branch,
    transport = branch.createViewerTransport({ data: false }),
  ): Promise<Receiver> {
    const joinedAt = performance.now();
    return new Receiver(stream, branch, await transport, joinedAt);
  }

  get transport(): ViewerTransport {
    return this.#transport;
  }

  get options(): protocol.TransportOptions {
    return transportOptions(this.#transport);
  }

  get consumers(): readonly types.Consumer[] {
    return [...this.#consumers.values()];
  }

  /** Id of the consumer whose picture is shown. */
  get video(): string | undefined {
    return this.#video?.id;
  }

  /** What the viewer's end has told of its link; undefined while no picture goes there. */
  get link(): Link | undefined {
    const video = this.#video;
    if (video === undefined || video.paused) return undefined;
    return { availableBps: this.#availableBps, score: video.score.score };
  }

  /** From now on `link` knows what it takes: one event a second, while something is sent. */
  async watchLink(): Promise<void> {
    await this.#transport.enableTraceEvent(['bwe']);
  }

  /** The same picture from another producer, paused. `pictured` is called when its first key frame goes out. */
  offer(producer: types.Producer, layer: Layer, pictured: () => void): Promise<protocol.ConsumerOptions> {
    return this.#consume(producer, { layer, pictured, worth: this.#worthAgain() });
  }

  /** This one's picture is shown now: the one before ends. */
  keep(id: string): void {
    const before = this.#video;
    this.#video = this.#consumers.get(id);
    before?.close();
    if (before !== undefined) this.#consumers.delete(before.id);
  }

  /** It was not wanted after all. */
  drop(id: string): void {
    this.#consumers.get(id)?.close();
    this.#consumers.delete(id);
  }

  /**
   * Consumes, paused, all that the viewer can decode; `low` in the place of the picture. What there was ends. Errors: CODEC_UNSUPPORTED.
   */
  async consume(
    rtpCapabilities: types.RtpCapabilities,
    low?: types.Producer,
  ): Promise<protocol.ConsumerOptions[]> {
    const producers = (await this.#stream.producersNow(this.#branch)) ?? (await this.#firstProducers());
    this.#capabilities = rtpCapabilities;
    const pictured = producers.map((one) => (one.kind === 'video' ? (low ?? one) : one));
    const wanted = pictured.filter((producer) => this.#decodes(producer, rtpCapabilities));
    const worth = this.#anew();
    return Promise.all(wanted.map((one) => this.#consume(one, { low: one === low, worth })));
  }

  /** Consumes, paused, the low layer's picture alone. What there was ends. Errors: as `consume`. */
  async consumeLow(able: types.RtpCapabilities, low: types.Producer): Promise<protocol.ConsumerOptions[]> {
    this.#decodes(low, able);
    this.#capabilities = able;
    return [await this.#consume(low, { low: true, worth: this.#anew() })];
  }

  #decodes(producer: types.Producer, rtpCapabilities: types.RtpCapabilities): boolean {
    if (this.#branch.canConsume(producer, rtpCapabilities)) return true;
    if (producer.kind === 'audio') return false;
    throw new AppError('CODEC_UNSUPPORTED', 'the viewer cannot decode H.264, packetization-mode 1', {
      field: 'rtpCapabilities',
      fix: 'use a browser with H.264',
    });
  }

  /** What it asked for waits for producers: those that come are its, and no news. */
  get waits(): boolean {
    return this.#waiting > 0;
  }

  async #firstProducers(): Promise<types.Producer[]> {
    this.#waiting += 1;
    try {
      return await this.#stream.producers(this.#branch);
    } finally {
      this.#waiting -= 1;
    }
  }

  /**
   * As `consume` for a viewer who decodes what the branch has, before its handshake: the picture comes as soon as that is over. Undefined
   * while the phone sends none. Errors: STREAM_FAILED.
   */
  async begin(): Promise<protocol.ConsumerOptions[] | undefined> {
    const producers = await this.#stream.producersNow(this.#branch);
    if (producers === undefined) return undefined;
    try {
      const offered = await Promise.all(
        producers.map((one) => this.#consume(one, { paused: one.kind !== 'video' })),
      );
      this.#begun = true;
      if (this.#consumers.size === offered.length) return offered;
    } catch {
      // They have closed meanwhile, or the worker died.
    }
    // The viewer asks, and hears what there is then.
    for (const consumer of this.#consumers.values()) consumer.close();
    return undefined;
  }

  async resume(id: unknown): Promise<void> {
    const consumer = this.#consumer(id);
    const watched = this.#watched.get(consumer);
    // Sound, or what is asked for each second already.
    if (watched === undefined || this.#wait.waitsFor(consumer)) return consumer.resume();
    const worth = this.#worthResumed(consumer, watched);
    await consumer.resume();
    if (worth === 'join') this.#wait.begin(consumer);
    else this.#stream.wantKeyFrame('loss', watched.layer);
  }

  async pause(id: unknown): Promise<void> {
    const consumer = this.#consumer(id);
    this.#wait.end(consumer);
    await consumer.pause();
  }

  /** The stream has new producers: the old consumers have closed with the old ones. */
  replaced(): void {
    this.#video = undefined;
    this.#consumers.clear();
    this.#begun = false;
  }

  /** May be called twice. */
  close(): void {
    this.#wait.stop();
    this.#transport.close();
    this.#consumers.clear();
  }

  /** Lets go of what there was: each is the whole picture again, to the worker and on the link. @returns what the next first picture is worth. */
  #anew(): WishReason {
    for (const consumer of this.consumers) consumer.close();
    this.#consumers.clear();
    this.#video = undefined;
    const worth = this.#begun ? this.#worthAgain() : 'join';
    this.#begun = true;
    return worth;
  }

  #worthResumed(consumer: types.Consumer, watched: Watched): WishReason {
    const again = consumer.paused && watched.resumed;
    watched.resumed = true;
    if (!again) return watched.trace.hasPicture ? 'loss' : watched.worth;
    const worth = this.#worthAgain();
    if (worth === 'join') watched.trace.again();
    return worth;
  }

  /** Of the viewer's allowance, whatever it spends it on. */
  #worthAgain(): WishReason {
    return this.#again.take(performance.now()) ? 'join' : 'loss';
  }

  async #consume(
    producer: types.Producer,
    given: { paused?: boolean; low?: boolean; layer?: Layer; worth?: WishReason; pictured?: () => void } = {},
  ): Promise<protocol.ConsumerOptions> {
    const { paused = true, low = false, layer, worth = 'join', pictured } = given;
    const rtpCapabilities = this.#capabilities ?? this.#branch.capabilitiesOf(producer.kind);
    const consumer = await this.#transport.consume({ producerId: producer.id, rtpCapabilities, paused });
    this.#consumers.set(consumer.id, consumer);
    consumer.observer.once('close', () => this.#consumers.delete(consumer.id));
    if (consumer.kind === 'video') {
      // One that is offered is shown when the viewer says so.
      if (layer === undefined) this.#video = consumer;
      this.#watch(consumer, { layer: layer ?? (low ? 'low' : 'main'), worth, resumed: !paused }, pictured);
      if (!paused) this.#wait.begin(consumer);
    }
    const { id, producerId, kind, rtpParameters } = consumer;
    return { id, producerId, kind, rtpParameters: { ...rtpParameters }, paused };
  }

  /** The worker's answer is not waited for: what resumes the consumer or secures its transport comes after this. */
  #watch(consumer: types.Consumer, given: Omit<Watched, 'trace'>, pictured?: () => void): void {
    const { layer, worth } = given;
    const trace = new PictureTrace(consumer, {
      first: () => {
        this.#firstPicture(consumer);
        pictured?.();
      },
      // The worker tells of one that is paused too, which is sent no key frame whatever it asks for.
      asked: (why) => consumer.paused || this.#stream.wantKeyFrame(worth === 'loss' ? worth : why, layer),
      flooded: () => this.#stream.flooded(),
    });
    this.#watched.set(consumer, { ...given, trace });
  }

  #firstPicture(consumer: types.Consumer): void {
    this.#wait.end(consumer);
    if (this.#pictured) return;
    this.#pictured = true;
    this.#stream.joined('picture', performance.now() - (this.#securedAt ?? this.#joinedAt));
  }

  #consumer(id: unknown): types.Consumer {
    const found = typeof id === 'string' ? this.#consumers.get(id) : undefined;
    if (found === undefined)
      throw new AppError('INVALID_ARGUMENT', 'there is no such consumer', {
        field: 'consumer',
        value: String(id),
      });
    return found;
  }
}
