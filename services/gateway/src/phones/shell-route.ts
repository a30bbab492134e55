import { AppError, isAppError } from '@ancloud/kit';
import type { GatewayParts } from '../api/gateway-parts.js';
import { originAllowed, originRefused, sessionCookie } from '../auth/request-auth.js';
import type { UpgradeRoute } from '../signal/upgrades.js';
import { ShellConnection } from './shell-connection.js';

/** `/v1/phones/{phoneId}/shell`: for programs with a key, and for the console's own pages with their cookie. */
export function shellRoute(parts: GatewayParts): UpgradeRoute {
  const origins = parts.config.ownOrigins;
  return {
    pattern: /^\/v1\/phones\/([^/]{1,64})\/shell$/,
    origins,
    open: (socket, request, [phoneId = '']) => {
      const cookie = sessionCookie(request.headers.cookie);
      const { origin } = request.headers;
      const address = request.socket.remoteAddress ?? '';
      const connection = new ShellConnection(socket, {
        phoneId,
        authenticate: async (key) => {
          try {
            if (key !== undefined || cookie === undefined) return await parts.authenticator.byKey(key ?? '');
            // A cookie comes by itself: only with it must there be an Origin, and it must be ours.
            if (!originAllowed(origin, origins)) throw originRefused(origin);
            return await parts.authenticator.byConsoleSession(cookie);
          } catch (error) {
            if (isAppError(error, 'UNAUTHENTICATED')) throw parts.failures.count(address, error).error;
            throw error;
          }
        },
        dial: async (principal) => {
          await parts.access.load(principal, phoneId);
          return (await parts.sessions.of(phoneId)).shell();
        },
        clock: parts.clock,
        log: parts.log,
      });
      return {
        text: (text) => connection.text(text),
        binary: (bytes) => connection.binary(bytes),
        gone: () => connection.gone(),
        stop: () => connection.close(new AppError('UNAVAILABLE', 'the gateway is stopping')),
      };
    },
  };
}
