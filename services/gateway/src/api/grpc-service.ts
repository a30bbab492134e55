/** The public gRPC service, as its .proto names it. */
export const GATEWAY_SERVICE = 'ancloud.gateway.v1.GatewayService';
