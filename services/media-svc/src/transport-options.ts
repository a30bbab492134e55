import type { types } from 'mediasoup';
import type { viewer as protocol } from '@ancloud/contracts';

/** What a viewer's mediasoup-client needs of a transport; both ends hand it to their mediasoup unread. */
export function transportOptions(transport: types.WebRtcTransport): protocol.TransportOptions {
  const opaque = (value: unknown): protocol.Opaque => value as protocol.Opaque;
  return {
    id: transport.id,
    iceParameters: opaque(transport.iceParameters),
    iceCandidates: transport.iceCandidates.map(opaque),
    dtlsParameters: opaque(transport.dtlsParameters),
    ...(transport.sctpParameters === undefined ? {} : { sctpParameters: opaque(transport.sctpParameters) }),
  };
}
