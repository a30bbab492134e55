import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWorker, type types } from 'mediasoup';
import { bareProducer, candidateOf, dtlsOf } from './bare-mediasoup.js';
import { end } from './command.js';
import { Crowd } from './crowd.js';

/** mediasoup and nothing else with a crowd on one worker: all viewers on one port, as at media-svc. Held at first. */
export class BareCrowd {
  readonly #worker: types.Worker;
  readonly #source: ChildProcess;
  readonly crowd: Crowd;

  private constructor(worker: types.Worker, source: ChildProcess, crowd: Crowd) {
    this.#worker = worker;
    this.#source = source;
    this.crowd = crowd;
  }

  static async start(options: {
    readonly peers: string;
    readonly rtpSource: string;
    /** native/pace.h with RTP packets. */
    readonly frames: string;
    readonly viewers: number;
  }): Promise<BareCrowd> {
    const worker = await createWorker({ logLevel: 'error' });
    const crowd = await Crowd.start(options.peers);
    try {
      const { router, producer, port } = await bareProducer(worker);
      const webRtcServer = await worker.createWebRtcServer({
        listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
      });
      for (let i = 0; i < options.viewers; i++) {
        const transport = await router.createWebRtcTransport({
          webRtcServer,
          initialAvailableOutgoingBitrate: 6_000_000,
        });
        await transport.connect({ dtlsParameters: dtlsOf(crowd) });
        await crowd.connect(candidateOf(transport));
        await transport.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });
      }
      const source = spawn(options.rtpSource, [options.frames, '127.0.0.1', String(port)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(source.stdout, 'data');
      source.stdout.resume();
      source.kill('SIGSTOP');
      return new BareCrowd(worker, source, crowd);
    } catch (error) {
      await crowd.close();
      worker.close();
      throw error;
    }
  }

  get pid(): number {
    return this.#worker.pid;
  }

  /** What sends the packets. */
  get sourcePid(): number {
    if (this.#source.pid === undefined) throw new Error('the source of packets has not started');
    return this.#source.pid;
  }

  hold(held: boolean): void {
    this.#source.kill(held ? 'SIGSTOP' : 'SIGCONT');
  }

  async close(): Promise<void> {
    this.hold(false);
    await end(this.#source);
    await this.crowd.close();
    this.#worker.close();
  }
}
