import { streams } from '../core/touch-file.js';
import { candidateOf, dtlsOf } from './bare-mediasoup.js';
import type { Signal } from './signal.js';
import type { Toucher } from './toucher.js';

/** The two data channels of a viewer that has joined, as the player opens them. */
export async function openChannels(signal: Pick<Signal, 'request'>, toucher: Toucher): Promise<void> {
  const transport = await signal.request('createTransport', { direction: 'send' });
  const { id } = transport;
  await signal.request('connectTransport', { transport: id, dtlsParameters: dtlsOf(toucher) });
  await toucher.connect(candidateOf(transport as unknown as Parameters<typeof candidateOf>[0]));
  const input = { streamId: streams.input, ordered: true };
  const moves = { streamId: streams.moves, ordered: false, maxRetransmits: 0 };
  await signal.request('produceData', { transport: id, label: 'input', sctpStreamParameters: input });
  await signal.request('produceData', { transport: id, label: 'moves', sctpStreamParameters: moves });
}
