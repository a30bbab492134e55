import { AppError } from '@ancloud/kit';
import type { GatewayParts } from '../api/gateway-parts.js';
import type { UpgradeRoute } from './upgrades.js';
import { ViewerConnection } from './viewer-connection.js';

/** `/v1/signal`: pages that embed the player come from allowed Origins. */
export function signalRoute(parts: GatewayParts): UpgradeRoute {
  return {
    pattern: /^\/v1\/signal$/,
    origins: parts.config.allowedOrigins,
    open: (socket) => {
      const connection = new ViewerConnection(socket, {
        door: parts.door,
        dialer: parts.dialer,
        bus: parts.bus,
        lanes: parts.lanes,
        counted: parts.signalCounts,
        iceServers: parts.iceServers,
        clock: parts.clock,
        log: parts.log,
      });
      return {
        text: (text, bytes) => connection.text(text, bytes),
        binary: (bytes) => connection.binary(bytes),
        gone: () => connection.gone(),
        stop: () => connection.close(new AppError('UNAVAILABLE', 'the gateway is stopping'), true),
      };
    },
  };
}
