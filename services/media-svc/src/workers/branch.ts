import type { types } from 'mediasoup';
import { AppError } from '@ancloud/kit';
import type { Shape } from '../core/rtp-parameters.js';
import type { ViewerTransport } from './transport-options.js';
import type { PoolWorker } from './worker-pool.js';

/** A viewer's send buffer estimate at the start: high, since the picture is constant bit rate and LANs are common. */
const INITIAL_OUTGOING_BITRATE = 6_000_000;
/** Of both ends of a pipe. A burst of a key frame meets a busy worker at times; with the kernel's default it would be cut. */
const PIPE_BUFFER = 4 << 20;
/** Of what stays in this machine. */
const INNER_IP = '127.0.0.1';

/** Where a branch's packets come from: a phone's ingest, or a feed. */
export interface Source {
  readonly producers: types.Producer[];
}

/**
 * A stream on one worker in one shape: a router there, with what the stream's viewers of that shape consume. The **root** is the branch on
 * which the phone's packets arrive; all others are fed from it by a pipe, which costs the root as much as one viewer more.
 * Owned by `Branches`; ends by `close` or with its worker. Nothing is ever moved from one branch to another.
 */
export class Branch {
  readonly worker: PoolWorker;
  readonly router: types.Router;
  /** mediasoup makes a copy at each question. */
  readonly rtpCapabilities: types.RtpCapabilities;
  readonly #shape: Shape;
  readonly #capabilities = new Map<types.MediaKind, types.RtpCapabilities>();
  #direct: Promise<types.DirectTransport> | undefined;
  readonly #viewers = new Set<ViewerTransport>();
  /** By the id of the root's producer. */
  readonly #fed = new Map<string, Promise<types.Producer>>();
  #closed = false;

  private constructor(worker: PoolWorker, router: types.Router, shape: Shape) {
    this.worker = worker;
    this.router = router;
    this.rtpCapabilities = router.rtpCapabilities;
    this.#shape = shape;
  }

  /** `died` is called when the worker is gone, not after `close`. Errors: STREAM_FAILED when it is gone already. */
  static async create(worker: PoolWorker, shape: Shape, died: (branch: Branch) => void): Promise<Branch> {
    const router = await worker.worker.createRouter({ mediaCodecs: shape.codecs }).catch((cause: unknown) => {
      throw new AppError('STREAM_FAILED', `media worker ${worker.index} gave no router`, {
        fix: 'join again',
        cause,
      });
    });
    const branch = new Branch(worker, router, shape);
    router.observer.once('close', () => {
      if (branch.#closed) return;
      branch.#closed = true;
      died(branch);
    });
    return branch;
  }

  /** What of `rtpCapabilities` concerns one kind: a consume copies and checks all that it is given, several times. */
  capabilitiesOf(kind: types.MediaKind): types.RtpCapabilities {
    const known = this.#capabilities.get(kind);
    if (known !== undefined) return known;
    const { codecs = [], headerExtensions = [] } = this.rtpCapabilities;
    const of = <T extends { readonly kind: types.MediaKind }>(all: readonly T[]): T[] =>
      all.filter((one) => one.kind === kind);
    const capabilities = { codecs: of(codecs), headerExtensions: of(headerExtensions) };
    this.#capabilities.set(kind, capabilities);
    return capabilities;
  }

  canConsume(producer: types.Producer, rtpCapabilities: types.RtpCapabilities): boolean {
    return this.router.canConsume({ producerId: producer.id, rtpCapabilities });
  }

  /** The source's picture and sound as this branch's viewers consume them. Errors: STREAM_FAILED when source or worker end meanwhile. */
  producers(source: Source, root: Branch): Promise<types.Producer[]> {
    const kinds = new Set(this.#shape.codecs.map(({ kind }) => kind));
    const carried = source.producers.filter(({ kind }) => kinds.has(kind));
    return Promise.all(carried.map((producer) => this.producer(producer, root)));
  }

  /** As `producers`, for one of the root's; a pipe is made at the first call. It closes with the root's own. */
  producer(producer: types.Producer, root: Branch): Promise<types.Producer> {
    if (root === this) return Promise.resolve(producer);
    const known = this.#fed.get(producer.id);
    if (known !== undefined) return known;
    const piped = this.#pipe(producer, root);
    this.#fed.set(producer.id, piped);
    // The next viewer tries again.
    piped.catch(() => this.#fed.delete(producer.id));
    producer.observer.once('close', () => this.#fed.delete(producer.id));
    return piped;
  }

  async createViewerTransport(options: { readonly data: boolean }): Promise<ViewerTransport> {
    const transport: ViewerTransport = await this.router.createWebRtcTransport({
      webRtcServer: this.worker.server,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      enableSctp: options.data,
      initialAvailableOutgoingBitrate: INITIAL_OUTGOING_BITRATE,
      appData: { announced: this.worker.announced },
    });
    this.#viewers.add(transport);
    transport.observer.once('close', () => this.#viewers.delete(transport));
    return transport;
  }

  /** For a transport whose other side is a process of this machine's, which passes its packets on. */
  createInnerTransport(): Promise<ViewerTransport> {
    return this.router.createWebRtcTransport({
      listenInfos: [
        { protocol: 'udp', ip: INNER_IP, sendBufferSize: PIPE_BUFFER, recvBufferSize: PIPE_BUFFER },
      ],
      enableTcp: false,
      initialAvailableOutgoingBitrate: INITIAL_OUTGOING_BITRATE,
      appData: { announced: [INNER_IP] },
    });
  }

  /** Brings what a data producer of this branch says into this process. */
  async consumeData(producer: types.DataProducer): Promise<types.DataConsumer> {
    this.#direct ??= this.router.createDirectTransport();
    const direct = await this.#direct;
    return direct.consumeData({ dataProducerId: producer.id });
  }

  /** Brings the packets of a producer of this branch into this process; they come as the consumer's `rtp` events, from now on. */
  async consumeFrames(producer: types.Producer): Promise<types.Consumer> {
    this.#direct ??= this.router.createDirectTransport();
    const direct = await this.#direct;
    const { rtpCapabilities } = this.router;
    return direct.consume({ producerId: producer.id, rtpCapabilities, enableRtx: false });
  }

  /** All transports, the pipe and the producers it brings. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Each by itself: mediasoup's WebRtcServer keeps for good what ends with its router (WebRtcServer.js, handleWebRtcTransport).
    for (const transport of this.#viewers) transport.close();
    this.router.close();
  }

  async #pipe({ id }: types.Producer, root: Branch): Promise<types.Producer> {
    try {
      const { pipeProducer } = await root.router.pipeToRouter({
        producerId: id,
        router: this.router,
        // Ids are unique in a worker, not in a router: a second branch on the root's worker would end it.
        keepId: false,
        enableSctp: false,
        listenInfo: {
          protocol: 'udp',
          ip: INNER_IP,
          sendBufferSize: PIPE_BUFFER,
          recvBufferSize: PIPE_BUFFER,
        },
      });
      if (pipeProducer === undefined) throw new Error('a pipe without a producer');
      return pipeProducer;
    } catch (cause) {
      throw new AppError('STREAM_FAILED', `the stream did not reach media worker ${this.worker.index}`, {
        fix: 'consume again',
        cause,
      });
    }
  }
}
