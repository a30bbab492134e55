import type { types } from 'mediasoup';
import { viewer as protocol } from '@ancloud/contracts';
import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import { Role } from '@ancloud/contracts/common/v1/common';
import { AppError } from '@ancloud/kit';
import { Rate } from './core/rate.js';
import type { Stream } from './stream.js';

type Requests = protocol.ClientRequests;
type Notifications = protocol.ServerNotifications;

/** The requests a viewer sends; `join` is answered by its connection, before a viewer exists. */
export type ViewerMethod = Exclude<keyof Requests, 'join'>;

/** Messages per second a viewer may send on its data channels: a finger gives 120, ten of them 1,200. */
const INPUT_PER_SECOND = 2_000;
const INPUT_BURST = 500;
/** After this long without a key frame since it was resumed, a consumer asks again. */
const JOIN_RETRY_MS = 1_000;

export interface ViewerOptions {
  readonly id: string;
  readonly role: Role;
  readonly joinedAtMs: number;
  /** Sends a notification to the viewer. Never throws. */
  readonly notify: <M extends keyof Notifications>(method: M, data: Notifications[M]) => void;
  /** Bytes of one input message; called only for role control. */
  readonly input: (bytes: Buffer) => void;
  /** Called once, whoever closed it. */
  readonly closed: (reason: string) => void;
}

/**
 * One viewer of a stream. Owns its transports; they own its consumers and data producers. Ends by `close` (its
 * signalling ended, it was removed) or with its stream.
 */
export class Viewer {
  readonly #stream: Stream;
  readonly #options: ViewerOptions;
  readonly #transports = new Map<string, types.WebRtcTransport>();
  readonly #consumers = new Map<string, types.Consumer>();
  readonly #dataConsumers = new Map<string, types.DataConsumer>();
  readonly #rate: Rate;
  #joinTimer: NodeJS.Timeout | undefined;
  /** The newest consumer that was resumed and may lack a picture. */
  #waitingForPicture: types.Consumer | undefined;
  #closed = false;

  constructor(stream: Stream, options: ViewerOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#rate = new Rate(INPUT_PER_SECOND, INPUT_BURST, performance.now());
  }

  get id(): string {
    return this.#options.id;
  }

  get notify(): ViewerOptions['notify'] {
    return this.#options.notify;
  }

  /** One row per method: an unhandled one does not compile. Data is checked by mediasoup; what it refuses is the viewer's fault. */
  readonly #handlers: { [M in ViewerMethod]: (data: Requests[M]['data']) => Promise<Requests[M]['reply']> } =
    {
      createTransport: ({ direction }) => this.#createTransport(direction),
      connectTransport: async ({ transport, dtlsParameters }) => {
        await this.#transport(transport).connect({
          dtlsParameters: dtlsParameters as unknown as types.DtlsParameters,
        });
        return {};
      },
      consume: ({ rtpCapabilities }) => this.#consume(rtpCapabilities),
      resume: async ({ consumer }) => {
        const found = this.#consumer(consumer);
        await found.resume();
        if (found.kind === 'video') this.#wantFirstPicture(found);
        return {};
      },
      pause: async ({ consumer }) => {
        await this.#consumer(consumer).pause();
        return {};
      },
      produceData: (data) => this.#produceData(data),
      restartIce: async ({ transport }) => ({
        iceParameters: (await this.#transport(transport).restartIce()) as unknown as protocol.Opaque,
      }),
      stats: async () => ({
        transports: (
          await Promise.all([...this.#transports.values()].map((t) => t.getStats()))
        ).flat() as unknown as protocol.Opaque[],
        consumers: (
          await Promise.all([...this.#consumers.values()].map((c) => c.getStats()))
        ).flat() as unknown as protocol.Opaque[],
      }),
    };

  /** Serves one request. Errors: MESSAGE_MALFORMED, INVALID_ARGUMENT, STREAM_FAILED. */
  async request(method: string, data: unknown): Promise<unknown> {
    if (!Object.hasOwn(this.#handlers, method)) {
      throw new AppError('MESSAGE_MALFORMED', `there is no request '${method}'`, {
        field: 'method',
        value: method,
      });
    }
    if (typeof data !== 'object' || data === null) {
      throw new AppError('MESSAGE_MALFORMED', `the request ${method} has no data object`, { field: 'data' });
    }
    const handler = this.#handlers[method as ViewerMethod] as (data: object) => Promise<unknown>;
    try {
      return await handler(data);
    } catch (cause) {
      // mediasoup throws TypeError for what it cannot read.
      if (cause instanceof TypeError) {
        throw new AppError('MESSAGE_MALFORMED', `the request ${method} could not be read: ${cause.message}`, {
          field: 'data',
          cause,
        });
      }
      throw cause;
    }
  }

  /** The stream has new producers: old consumers have closed with the old ones. */
  replaced(): void {
    this.#consumers.clear();
    this.#options.notify('streamReplaced', {});
  }

  async view(): Promise<ViewerView> {
    const [transport] = [...this.#transports.values()];
    const video = [...this.#consumers.values()].find((consumer) => consumer.kind === 'video');
    const stats = video === undefined || video.closed ? [] : await video.getStats();
    const outbound = stats.find((s) => s.type === 'outbound-rtp');
    return {
      viewerId: this.id,
      role: this.#options.role,
      joinedAtMs: this.#options.joinedAtMs,
      iceState: transport?.iceState ?? 'none',
      packetsLost: outbound?.packetsLost ?? 0,
      roundTripMs: outbound?.roundTripTime ?? 0,
    };
  }

  /** Closes its transports. May be called twice. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#joinTimer);
    for (const transport of this.#transports.values()) transport.close();
    for (const consumer of this.#dataConsumers.values()) consumer.close();
    this.#transports.clear();
    this.#consumers.clear();
    this.#dataConsumers.clear();
    this.#options.closed(reason);
  }

  async #createTransport(direction: unknown): Promise<protocol.TransportOptions> {
    if (direction !== 'recv' && direction !== 'send') {
      throw new AppError('INVALID_ARGUMENT', "direction is neither 'recv' nor 'send'", {
        field: 'direction',
        value: String(direction),
      });
    }
    if (this.#transports.size >= 4) {
      throw new AppError('CAPACITY', 'a viewer has at most 4 transports', {
        field: 'direction',
        fix: 'close the connection and join again',
      });
    }
    const transport = await this.#stream.createViewerTransport({ data: direction === 'send' });
    if (this.#closed) {
      transport.close();
      throw new AppError('CANCELLED', 'the viewer is gone');
    }
    this.#transports.set(transport.id, transport);
    transport.observer.once('close', () => this.#transports.delete(transport.id));
    if (direction === 'recv') {
      transport.on('dtlsstatechange', (state) => {
        if (state === 'connected' && this.#waitingForPicture !== undefined)
          this.#wantFirstPicture(this.#waitingForPicture);
      });
    }
    return {
      id: transport.id,
      iceParameters: transport.iceParameters as unknown as protocol.Opaque,
      iceCandidates: transport.iceCandidates as unknown as protocol.Opaque[],
      dtlsParameters: transport.dtlsParameters as unknown as protocol.Opaque,
      ...(transport.sctpParameters === undefined
        ? {}
        : { sctpParameters: transport.sctpParameters as unknown as protocol.Opaque }),
    };
  }

  async #consume(rtpCapabilities: types.RtpCapabilities): Promise<Requests['consume']['reply']> {
    const producers = await this.#stream.producers();
    const transport = this.#receiving();
    const consumers: protocol.ConsumerOptions[] = [];
    for (const producer of producers) {
      if (!this.#stream.canConsume(producer, rtpCapabilities)) {
        if (producer.kind === 'audio') continue;
        throw new AppError('INVALID_ARGUMENT', 'the viewer cannot decode H.264, packetization-mode 1', {
          field: 'rtpCapabilities',
          fix: 'use a browser with H.264',
        });
      }
      const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities, paused: true });
      this.#consumers.set(consumer.id, consumer);
      consumer.observer.once('close', () => this.#consumers.delete(consumer.id));
      if (consumer.kind === 'video') await this.#watch(consumer);
      consumers.push({
        id: consumer.id,
        producerId: consumer.producerId,
        kind: consumer.kind,
        rtpParameters: { ...consumer.rtpParameters },
      });
    }
    return { consumers };
  }

  /** Reads a consumer's trouble from its traces: before its first key frame a request means "joining", after it "lost". */
  async #watch(consumer: types.Consumer): Promise<void> {
    let hasPicture = false;
    await consumer.enableTraceEvent(['pli', 'fir', 'keyframe']);
    consumer.on('trace', (event) => {
      if (event.type === 'keyframe') {
        if (hasPicture) return;
        hasPicture = true;
        clearTimeout(this.#joinTimer);
        if (this.#waitingForPicture === consumer) this.#waitingForPicture = undefined;
        // Key frames come every two seconds; only the first one is news.
        void consumer.enableTraceEvent(['pli', 'fir']).catch(() => undefined);
      } else this.#stream.wantKeyFrame(hasPicture ? 'loss' : 'join');
    });
  }

  /**
   * Asks for a picture now, and again each second until one has passed through. Not before the viewer's handshake is
   * over: a key frame that comes earlier is dropped by the worker, and the next chance is a second later.
   */
  #wantFirstPicture(consumer: types.Consumer): void {
    clearTimeout(this.#joinTimer);
    if (this.#closed || consumer.closed) return;
    this.#waitingForPicture = consumer;
    if (this.#receiving().dtlsState !== 'connected') return;
    this.#stream.wantKeyFrame('join');
    this.#joinTimer = setTimeout(() => this.#wantFirstPicture(consumer), JOIN_RETRY_MS);
  }

  async #produceData({
    transport,
    label,
    sctpStreamParameters,
  }: Requests['produceData']['data']): Promise<{ id: string }> {
    if (label !== 'input' && label !== 'moves') {
      throw new AppError('INVALID_ARGUMENT', "the label is neither 'input' nor 'moves'", {
        field: 'label',
        value: String(label),
      });
    }
    if (this.#options.role !== Role.ROLE_CONTROL) {
      throw new AppError('FORBIDDEN', 'a watcher has no input channel', {
        field: 'role',
        fix: 'ask for a viewer with role control',
      });
    }
    const producer = await this.#transport(transport).produceData({
      label,
      sctpStreamParameters: sctpStreamParameters as unknown as types.SctpStreamParameters,
    });
    const consumer = await this.#stream.consumeData(producer);
    consumer.on('message', (bytes) => {
      if (this.#closed) return;
      if (bytes.length > protocol.limits.clipboardMessage) return this.#stream.dropped('oversized');
      if (!this.#rate.take(performance.now())) return this.#stream.dropped('flood');
      this.#options.input(bytes);
    });
    producer.observer.once('close', () => {
      consumer.close();
      this.#dataConsumers.delete(consumer.id);
    });
    this.#dataConsumers.set(consumer.id, consumer);
    return { id: producer.id };
  }

  #transport(id: unknown): types.WebRtcTransport {
    const found = typeof id === 'string' ? this.#transports.get(id) : undefined;
    if (found === undefined)
      throw new AppError('INVALID_ARGUMENT', 'there is no such transport', {
        field: 'transport',
        value: String(id),
      });
    return found;
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

  /** The first transport made for receiving: those for sending carry SCTP. */
  #receiving(): types.WebRtcTransport {
    const found = [...this.#transports.values()].find((transport) => transport.sctpParameters === undefined);
    if (found === undefined) {
      throw new AppError('INVALID_ARGUMENT', "there is no transport of direction 'recv' yet", {
        field: 'transport',
        fix: 'call createTransport first',
      });
    }
    return found;
  }
}
