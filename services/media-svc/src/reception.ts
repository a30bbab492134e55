import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import type { Receiver } from './receiver.js';

/** How the picture arrives, for the admin; also before there is a receiver. */
export async function receptionOf(
  receiver: Receiver | undefined,
): Promise<Pick<ViewerView, 'iceState' | 'transport' | 'packetsLost' | 'roundTripMs' | 'hears'>> {
  const video = receiver?.consumers.find((consumer) => consumer.kind === 'video');
  const stats = video === undefined || video.closed ? [] : await video.getStats();
  const outbound = stats.find((one) => one.type === 'outbound-rtp');
  return {
    iceState: receiver?.transport.iceState ?? 'none',
    transport: receiver?.transport.iceSelectedTuple?.protocol ?? '',
    packetsLost: outbound?.packetsLost ?? 0,
    roundTripMs: outbound?.roundTripTime ?? 0,
    hears: receiver?.consumers.some(({ kind, paused }) => kind === 'audio' && !paused) ?? false,
  };
}
