import { getSupportedRtpCapabilities } from 'mediasoup';

/** mediasoup's id of the transport-wide sequence number, the same in every router; 0 when it has none. */
export const transportWideId =
  getSupportedRtpCapabilities().headerExtensions?.find(
    ({ uri }) => uri === 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  )?.preferredId ?? 0;
