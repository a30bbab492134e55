import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { createWorker, type types } from 'mediasoup';
import type { Bench } from '../../bench.js';
import { streams } from '../../core/touch-file.js';
import { candidateOf, dtlsOf } from '../../io/bare-mediasoup.js';
import { pause } from '../../io/command.js';
import { Toucher } from '../../io/toucher.js';

/**
 * The same events from the same viewer to mediasoup and nothing else: until a Node process has each in its hands, where media-svc would
 * begin with it. ms by event. What a touch takes beyond it is the farm's own.
 */
export async function bareTouches(bench: Bench, events: string): Promise<ReadonlyMap<number, number>> {
  const worker = await createWorker({ logLevel: 'error' });
  try {
    const toucher = await Toucher.start(await bench.native('touches'), events);
    try {
      return await throughTheWorker(worker, toucher);
    } finally {
      await toucher.close();
    }
  } finally {
    worker.close();
  }
}

async function throughTheWorker(
  worker: types.Worker,
  toucher: Toucher,
): Promise<ReadonlyMap<number, number>> {
  const router = await worker.createRouter({ mediaCodecs: [] });
  const transport = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
    enableSctp: true,
  });
  await transport.connect({ dtlsParameters: dtlsOf(toucher) });
  await toucher.connect(candidateOf(transport));
  const direct = await router.createDirectTransport();
  const came: { readonly bytes: Buffer; readonly ns: bigint }[] = [];
  for (const sctpStreamParameters of [
    { streamId: streams.input, ordered: true },
    { streamId: streams.moves, ordered: false, maxRetransmits: 0 },
  ]) {
    const producer = await transport.produceData({ sctpStreamParameters });
    const consumer = await direct.consumeData({ dataProducerId: producer.id });
    consumer.on('message', (bytes) => void came.push({ bytes, ns: process.hrtime.bigint() }));
  }
  const sent = await toucher.send();
  await pause(200);
  return new Map(
    came.flatMap(({ bytes, ns }) => {
      const { input } = ViewerInput.decode(bytes);
      const number = input?.$case === 'touch' ? input.value.sequence - 1 : -1;
      const at = sent.get(number);
      return at === undefined ? [] : [[number, Number(ns - at) / 1e6] as const];
    }),
  );
}
