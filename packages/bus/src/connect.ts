import tls from 'node:tls';
import { AppError, retry } from '@ancloud/kit';
import {
  AuthorizationError,
  connect,
  type NatsConnection,
  type TlsOptions,
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';
import { Bus } from './bus.js';
import type { BusOptions } from './options.js';

/**
 * Connects. Errors: UNAVAILABLE_BUS when no server answered within `connectMs`; CONFIG_INVALID at once when the server
 * does not know user and password.
 */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const deadline = AbortSignal.timeout(options.connectMs ?? 15_000);
  const connection = await retry(() => open(options), {
    tries: Infinity,
    minMs: 100,
    maxMs: 1_000,
    signal: deadline,
    retryable: (error) => !isRefused(error),
  }).catch((cause: unknown) => {
    const where = options.servers.join(', ');
    if (isRefused(cause))
      throw new AppError('CONFIG_INVALID', `connecting to NATS at ${where}: user or password is wrong`, {
        field: 'user',
        value: options.user,
        fix: "use the credentials that nats-server's configuration has for this service",
        cause,
      });
    throw new AppError(
      'UNAVAILABLE_BUS',
      `connecting to NATS at ${where}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        field: 'servers',
        value: where,
        fix: 'start nats-server, or correct the address',
        cause,
      },
    );
  });
  return new Bus(connection, options);
}

function open(options: BusOptions): Promise<NatsConnection> {
  return connect({
    servers: [...options.servers],
    user: options.user,
    pass: options.pass,
    tls: tlsOf(options),
    name: options.name,
    timeout: 3_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 300,
    // A half-open connection is noticed after 2 × 5 s: touches must not go to a dead server for long.
    pingInterval: 5_000,
    maxPingOut: 2,
    ignoreAuthErrorAbort: true,
    // Two errors with stack traces for each request, for the case that it fails; who asked says so itself.
    noAsyncTraces: true,
    inboxPrefix: `_INBOX_${options.user.replaceAll(/[^A-Za-z0-9]/g, '_')}`,
  });
}

/** With it a server that offers no TLS is refused before it is told a password: nobody in between can take TLS away. */
function tlsOf({
  servers,
  tls: own,
}: BusOptions): (TlsOptions & Pick<tls.ConnectionOptions, 'checkServerIdentity'>) | null {
  if (!servers.some((server) => server.startsWith('tls://'))) return null;
  const hosts = servers.map((server) => new URL(server).hostname.replace(/^\[(.*)\]$/, '$1'));
  return {
    ...own,
    // The client upgrades a socket, and Node then knows no host for one that was dialled by its address.
    checkServerIdentity: (_host, certificate) => {
      const mistakes = hosts.map((host) => tls.checkServerIdentity(host, certificate));
      return mistakes.includes(undefined) ? undefined : mistakes[0];
    },
  };
}

function isRefused(error: unknown): boolean {
  return error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError;
}
