/** The public gRPC service, as its .proto names it. */
export const GATEWAY_SERVICE = 'ancloud.gateway.v1.GatewayService';

/** Tags, lengths and whole numbers of one message: the longest macro has fewer than 200,000. Millions of empty moments, which fit 16 MiB, are seconds. */
export const MOST_READS = 250_000;
