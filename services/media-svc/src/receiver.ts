import type { types } from 'mediasoup';
import { viewer as protocol } from '@ancloud/contracts';
import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import { AppError } from '@ancloud/kit';
import type { Branch } from './branch.js';
import type { Stream } from './stream.js';
import { transportOptions } from './transport-options.js';

/** After this long without a key frame since it was resumed, a consumer asks again. */
const JOIN_RETRY_MS = 1_000;

/**
 * What one viewer sees and hears: a transport, its consumers, and the wait for the first picture. Owned by the viewer; ends
 * by `close` or with its branch's router.
 */
export class Receiver {
  readonly #stream: Stream;
  readonly #branch: Branch;
  readonly #transport: types.WebRtcTransport;
  readonly #consumers = new Map<string, types.Consumer>();
  readonly #joinedAt: number;
  #securedAt: number | undefined;
  #joinTimer: NodeJS.Timeout | undefined;
  /** The newest consumer that was resumed and may lack a picture. */
  #waitingForPicture: types.Consumer | undefined;
  #pictured = false;
  #closed = false;

  private constructor(stream: Stream, branch: Branch, transport: types.WebRtcTransport, joinedAt: number) {
    this.#stream = stream;
    this.#branch = branch;
    this.#transport = transport;
    this.#joinedAt = joinedAt;
    transport.on('dtlsstatechange', (state) => {
      if (state !== 'connected') return;
      this.#securedAt = performance.now();
      stream.joined('handshake', this.#securedAt - joinedAt);
      if (this.#waitingForPicture !== undefined) this.#wantFirstPicture(this.#waitingForPicture);
    });
  }

  /** Errors: STREAM_FAILED when the worker is gone. */
  static async create(stream: Stream, branch: Branch): Promise<Receiver> {
    const joinedAt = performance.now();
    return new Receiver(stream, branch, await branch.createViewerTransport({ data: false }), joinedAt);
  }

  get transport(): types.WebRtcTransport {
    return this.#transport;
  }

  get options(): protocol.TransportOptions {
    return transportOptions(this.#transport);
  }

  get consumers(): readonly types.Consumer[] {
    return [...this.#consumers.values()];
  }

  /** Consumes, paused, all that the stream has and the viewer can decode. Errors: INVALID_ARGUMENT without H.264. */
  async consume(rtpCapabilities: types.RtpCapabilities): Promise<protocol.ConsumerOptions[]> {
    const producers = await this.#stream.producers(this.#branch);
    const wanted = producers.filter((producer) => {
      if (this.#branch.canConsume(producer, rtpCapabilities)) return true;
      if (producer.kind === 'audio') return false;
      throw new AppError('INVALID_ARGUMENT', 'the viewer cannot decode H.264, packetization-mode 1', {
        field: 'rtpCapabilities',
        fix: 'use a browser with H.264',
      });
    });
    return Promise.all(wanted.map((producer) => this.#consume(producer, rtpCapabilities)));
  }

  /**
   * As `consume` for a viewer who decodes what the branch has, before its handshake: the picture comes as soon as that is over. Undefined
   * while the phone sends none. Errors: STREAM_FAILED.
   */
  async begin(): Promise<protocol.ConsumerOptions[] | undefined> {
    const producers = await this.#stream.producersNow(this.#branch);
    if (producers === undefined) return undefined;
    const { rtpCapabilities } = this.#branch;
    try {
      const offered = await Promise.all(
        producers.map((one) => this.#consume(one, rtpCapabilities, one.kind !== 'video')),
      );
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
    await consumer.resume();
    if (consumer.kind === 'video') this.#wantFirstPicture(consumer);
  }

  async pause(id: unknown): Promise<void> {
    await this.#consumer(id).pause();
  }

  /** The stream has new producers: the old consumers have closed with the old ones. */
  replaced(): void {
    this.#consumers.clear();
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#joinTimer);
    this.#transport.close();
    this.#consumers.clear();
  }

  async #consume(
    producer: types.Producer,
    rtpCapabilities: types.RtpCapabilities,
    paused = true,
  ): Promise<protocol.ConsumerOptions> {
    const consumer = await this.#transport.consume({ producerId: producer.id, rtpCapabilities, paused });
    this.#consumers.set(consumer.id, consumer);
    consumer.observer.once('close', () => this.#consumers.delete(consumer.id));
    if (consumer.kind === 'video') {
      await this.#watch(consumer);
      if (!paused) this.#wantFirstPicture(consumer);
    }
    const { id, producerId, kind, rtpParameters } = consumer;
    return { id, producerId, kind, rtpParameters: { ...rtpParameters }, paused };
  }

  /** Reads a consumer's trouble from its traces: before its first key frame a request means "joining", after it "lost". */
  async #watch(consumer: types.Consumer): Promise<void> {
    let hasPicture = false;
    consumer.on('trace', (event) => {
      if (event.type === 'keyframe') {
        if (hasPicture) return;
        hasPicture = true;
        this.#firstPicture(consumer);
        // Key frames come every two seconds; only the first one is news.
        void consumer.enableTraceEvent(['pli', 'fir']).catch(() => undefined);
      } else this.#stream.wantKeyFrame(hasPicture ? 'loss' : 'join');
    });
    await consumer.enableTraceEvent(['pli', 'fir', 'keyframe']);
  }

  #firstPicture(consumer: types.Consumer): void {
    clearTimeout(this.#joinTimer);
    if (this.#waitingForPicture === consumer) this.#waitingForPicture = undefined;
    if (this.#pictured) return;
    this.#pictured = true;
    this.#stream.joined('picture', performance.now() - (this.#securedAt ?? this.#joinedAt));
  }

  /**
   * Asks for a picture now, and again each second until one has passed through. Not before the viewer's handshake is
   * over: a key frame that comes earlier is dropped by the worker, and the next chance is a second later.
   */
  #wantFirstPicture(consumer: types.Consumer): void {
    clearTimeout(this.#joinTimer);
    if (this.#closed || consumer.closed) return;
    this.#waitingForPicture = consumer;
    if (this.#transport.dtlsState !== 'connected') return;
    this.#stream.wantKeyFrame('join');
    this.#joinTimer = setTimeout(() => this.#wantFirstPicture(consumer), JOIN_RETRY_MS);
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

/** How the picture arrives, for the admin; also before there is a receiver. */
export async function receptionOf(
  receiver: Receiver | undefined,
): Promise<Pick<ViewerView, 'iceState' | 'transport' | 'packetsLost' | 'roundTripMs'>> {
  const video = receiver?.consumers.find((consumer) => consumer.kind === 'video');
  const stats = video === undefined || video.closed ? [] : await video.getStats();
  const outbound = stats.find((one) => one.type === 'outbound-rtp');
  return {
    iceState: receiver?.transport.iceState ?? 'none',
    transport: receiver?.transport.iceSelectedTuple?.protocol ?? '',
    packetsLost: outbound?.packetsLost ?? 0,
    roundTripMs: outbound?.roundTripTime ?? 0,
  };
}
