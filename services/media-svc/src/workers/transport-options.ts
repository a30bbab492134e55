import type { types } from 'mediasoup';
import type { viewer as protocol } from '@ancloud/contracts';
import { announcedCandidates } from '../core/announced-candidates.js';

/** A way of one viewer, or publisher, to the port of a worker. */
export type ViewerTransport = types.WebRtcTransport<{
  /** Addresses of the worker that the other side is told, beside what mediasoup says of them. */
  readonly announced: readonly string[];
}>;

/** Where the other side is told to send. */
export function candidatesOf(transport: ViewerTransport): types.IceCandidate[] {
  return announcedCandidates(transport.iceCandidates, transport.appData.announced);
}

/** What a viewer's mediasoup-client needs of a transport; both ends hand it to their mediasoup unread. */
export function transportOptions(transport: ViewerTransport): protocol.TransportOptions {
  const opaque = (value: unknown): protocol.Opaque => value as protocol.Opaque;
  return {
    id: transport.id,
    iceParameters: opaque(transport.iceParameters),
    iceCandidates: candidatesOf(transport).map(opaque),
    dtlsParameters: opaque(transport.dtlsParameters),
    ...(transport.sctpParameters === undefined ? {} : { sctpParameters: opaque(transport.sctpParameters) }),
  };
}
