import { type ChildProcess, spawn } from 'node:child_process';
import readline from 'node:readline';
import { createWorker, type types } from 'mediasoup';
import { bareProducer, candidateOf, dtlsOf, loopback } from './bare-mediasoup.js';
import { end } from './command.js';
import { Peer, type Received } from './peers.js';

export interface Relayed {
  readonly received: Received;
  /** CLOCK_MONOTONIC ns by frame, before its packets were sent. */
  readonly sent: ReadonlyMap<number, bigint>;
  readonly ssrc: number;
}

/** mediasoup and nothing else: PlainTransport in, WebRtcTransport out, the same receiver, a film from a file. Held at first. */
export class BareRelay {
  readonly #worker: types.Worker;
  readonly #peer: Peer;
  readonly #source: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ssrc: number;

  private constructor(
    worker: types.Worker,
    peer: Peer,
    source: ChildProcess,
    lines: AsyncIterator<string>,
    ssrc: number,
  ) {
    this.#worker = worker;
    this.#peer = peer;
    this.#source = source;
    this.#lines = lines;
    this.#ssrc = ssrc;
  }

  static async start(options: {
    readonly peers: string;
    readonly rtpSource: string;
    /** native/pace.h with RTP packets. */
    readonly frames: string;
  }): Promise<BareRelay> {
    const worker = await createWorker({ logLevel: 'error' });
    const peer = await Peer.start(options.peers);
    try {
      const { router, producer, port } = await bareProducer(worker);
      const viewer = await router.createWebRtcTransport({
        listenInfos: [loopback],
        initialAvailableOutgoingBitrate: 6_000_000,
      });
      await viewer.connect({ dtlsParameters: dtlsOf(peer) });
      await peer.connect(candidateOf(viewer));
      const { rtpParameters } = await viewer.consume({
        producerId: producer.id,
        rtpCapabilities: router.rtpCapabilities,
      });
      const source = spawn(options.rtpSource, [options.frames, '127.0.0.1', String(port)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = readline.createInterface({ input: source.stdout })[Symbol.asyncIterator]();
      await lines.next();
      source.kill('SIGSTOP');
      return new BareRelay(worker, peer, source, lines, rtpParameters.encodings?.[0]?.ssrc ?? 0);
    } catch (error) {
      await peer.close();
      worker.close();
      throw error;
    }
  }

  /** Of the worker. */
  get pid(): number {
    return this.#worker.pid;
  }

  /** What makes its load: the sender and the receiver. */
  get load(): number[] {
    return [this.#source.pid ?? 0, this.#peer.pid];
  }

  hold(held: boolean): void {
    this.#source.kill(held ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Plays the film to its end. */
  async finish(): Promise<Relayed> {
    this.hold(false);
    const sent = new Map<number, bigint>();
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next()) {
      const [what, number = '', ns = ''] = next.value.split(' ');
      if (what === 'sent') sent.set(Number(number), BigInt(ns));
    }
    return { received: await this.#peer.finish(), sent, ssrc: this.#ssrc };
  }

  /** Also after `finish`. */
  async close(): Promise<void> {
    this.hold(false);
    await end(this.#source);
    await this.#peer.close();
    this.#worker.close();
  }
}
