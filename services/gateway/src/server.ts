import { GatewayServiceService } from '@ancloud/contracts/gateway/v1/gateway';
import { AppError, GrpcStrategy, nestLogger, type Metrics, splitAddress } from '@ancloud/kit';
import { VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import type { GatewayParts } from './api/gateway-parts.js';
import { GATEWAY_SERVICE, MOST_READS } from './api/grpc-service.js';
import { HttpAdapter } from './api/http-adapter.js';
import { EdgeErrorFilter } from './api/problem-filter.js';
import { Problems } from './api/problem.js';
import { routes } from './api/routes.js';
import { AppModule } from './app.module.js';
import { GrpcAuth } from './auth/grpc-auth.js';
import { RequestAuth } from './auth/request-auth.js';
import { shellRoute } from './phones/shell-route.js';
import { signalRoute } from './signal/signal-route.js';
import { Upgrades } from './signal/upgrades.js';

/** Both edges and the WebSockets, listening. */
export interface GatewayServer {
  readonly app: NestFastifyApplication;
  readonly upgrades: Upgrades;
  /** Bound ports. */
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Ends gRPC's streams and HTTP's connections. To be called after `upgrades`. */
  close(): Promise<void>;
}

/** Builds the edges over `parts` and opens their ports. Errors: PORT_TAKEN, INTERNAL when an RPC has no handler. */
export async function startServer(parts: GatewayParts, metrics?: Metrics): Promise<GatewayServer> {
  const { config, log } = parts;
  const problems = new Problems(log, metrics);
  const auth = new RequestAuth(parts.authenticator, parts.failures, config.ownOrigins);
  const adapter = new HttpAdapter({
    auth,
    routes,
    webDir: config.webDir,
    secure: config.publicUrl.startsWith('https:'),
    allowedOrigins: config.allowedOrigins,
    problems,
  });
  await adapter.serveConsole();
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of(parts, auth), adapter, {
    logger: nestLogger(log),
    abortOnError: false,
  });
  app.enableVersioning({ type: VersioningType.URI });
  app.useGlobalFilters(new EdgeErrorFilter(problems));
  const grpcAuth = new GrpcAuth(parts.authenticator);
  const strategy = new GrpcStrategy({
    services: { [GATEWAY_SERVICE]: GatewayServiceService },
    address: config.grpcListen,
    tls: config.farm.tls,
    certifiedCallers: false,
    maxReads: MOST_READS,
    // Refused before the message is parsed; the handlers ask again for the principal itself.
    auth: { check: async (metadata) => void (await grpcAuth.principal(metadata)) },
    log,
    ...(metrics === undefined ? {} : { metrics }),
  });
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  const upgrades = new Upgrades([signalRoute(parts), shellRoute(parts)], problems, log);
  try {
    await app.startAllMicroservices();
    upgrades.attach(app.getHttpServer());
    await listen(app, config.httpListen);
  } catch (error) {
    await strategy.close();
    await app.close();
    throw error;
  }
  strategy.setServing(true);
  return {
    app,
    upgrades,
    httpPort: (app.getHttpServer().address() as AddressInfo).port,
    grpcPort: strategy.ports[0] ?? 0,
    close: async () => {
      await strategy.close();
      app.getHttpServer().closeAllConnections();
      await app.close();
    },
  };
}

async function listen(app: NestFastifyApplication, address: string): Promise<void> {
  try {
    await app.listen(splitAddress(address));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new AppError('PORT_TAKEN', `listening on ${address}: it is in use`, {
      field: 'ANCLOUD_HTTP_LISTEN',
      value: address,
      fix: 'stop what listens there, or choose another address',
      cause,
    });
  }
}
