import os from 'node:os';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { createWorker, type types } from 'mediasoup';
import type { Bench } from '../../bench.js';
import { streams } from '../../core/touch-file.js';
import { byViewer } from '../../core/turns.js';
import { candidateOf, dtlsOf } from '../../io/bare-mediasoup.js';
import { pause } from '../../io/command.js';
import { Toucher } from '../../io/toucher.js';

interface Came {
  readonly viewer: number;
  readonly bytes: Buffer;
  readonly ns: bigint;
}

/**
 * The same viewers with mediasoup and nothing else: until a Node process has each event in its hands, where media-svc would begin with it.
 * What a touch takes beyond it is the farm's own. A worker for each core, as media-svc has, and a router for each viewer.
 */
export class BareTouches {
  readonly #workers: readonly types.Worker[];
  readonly #toucher: Toucher;
  readonly #viewers: number;
  readonly #came: Came[] = [];

  private constructor(workers: readonly types.Worker[], toucher: Toucher, viewers: number) {
    this.#workers = workers;
    this.#toucher = toucher;
    this.#viewers = viewers;
  }

  static async start(bench: Bench, viewers: number): Promise<BareTouches> {
    const toucher = await Toucher.start(await bench.native('touches'));
    const workers: types.Worker[] = [];
    const bare = new BareTouches(workers, toucher, viewers);
    try {
      for (let core = 0; core < Math.min(viewers, os.availableParallelism()); core++)
        workers.push(await createWorker({ logLevel: 'error' }));
      for (let viewer = 0; viewer < viewers; viewer++) await bare.#seat(viewer);
    } catch (error) {
      await bare.close();
      throw error;
    }
    return bare;
  }

  /** Sends a file of core/turns.ts; ms of each event that came, by viewer and number. */
  async send(events: string): Promise<Map<number, number>[]> {
    this.#came.length = 0;
    const sent = byViewer(await this.#toucher.send(events), this.#viewers);
    await pause(200);
    const delays = sent.map(() => new Map<number, number>());
    for (const { viewer, bytes, ns } of this.#came) {
      const { input } = ViewerInput.decode(bytes);
      const number = input?.$case === 'touch' ? input.value.sequence - 1 : -1;
      const at = sent[viewer]?.get(number);
      if (at !== undefined) delays[viewer]?.set(number, Number(ns - at) / 1e6);
    }
    return delays;
  }

  async close(): Promise<void> {
    await this.#toucher.close();
    for (const worker of this.#workers) worker.close();
  }

  async #seat(viewer: number): Promise<void> {
    const worker = this.#workers[viewer % this.#workers.length];
    if (worker === undefined) throw new Error('there is no worker');
    const router = await worker.createRouter({ mediaCodecs: [] });
    const transport = await router.createWebRtcTransport({
      listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
      enableSctp: true,
    });
    await transport.connect({ dtlsParameters: dtlsOf(this.#toucher) });
    await this.#toucher.connect(candidateOf(transport));
    const direct = await router.createDirectTransport();
    for (const sctpStreamParameters of [
      { streamId: streams.input, ordered: true },
      { streamId: streams.moves, ordered: false, maxRetransmits: 0 },
    ]) {
      const producer = await transport.produceData({ sctpStreamParameters });
      const consumer = await direct.consumeData({ dataProducerId: producer.id });
      consumer.on('message', (bytes) => void this.#came.push({ viewer, bytes, ns: process.hrtime.bigint() }));
    }
  }
}
