import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import type { Receiver } from './receiver.js';

/** How the picture arrives, for the admin; also before there is a receiver. */
export async function receptionOf(
  receiver: Pick<Receiver, 'consumers' | 'transport'> | undefined,
): Promise<
  Pick<ViewerView, 'iceState' | 'transport' | 'packetsLost' | 'roundTripMs' | 'hears' | 'availableBps'>
> {
  const video = receiver?.consumers.find((consumer) => consumer.kind === 'video');
  const transport = receiver?.transport;
  // What closes meanwhile has nothing to tell, and keeps nobody else's figures away.
  const [stats, links] = await Promise.all([
    video === undefined || video.closed ? [] : video.getStats().catch(() => []),
    transport === undefined || transport.closed ? [] : transport.getStats().catch(() => []),
  ]);
  const outbound = stats.find((one) => one.type === 'outbound-rtp');
  return {
    iceState: transport?.iceState ?? 'none',
    transport: transport?.iceSelectedTuple?.protocol ?? '',
    packetsLost: outbound?.packetsLost ?? 0,
    roundTripMs: outbound?.roundTripTime ?? 0,
    // The worker reckons it whether it is asked or not.
    availableBps: links[0]?.availableOutgoingBitrate ?? 0,
    hears: receiver?.consumers.some(({ kind, paused }) => kind === 'audio' && !paused) ?? false,
  };
}
