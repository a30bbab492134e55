import { type ArgumentsHost, Catch, type ExceptionFilter, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { throwError } from 'rxjs';
import { toGrpcError } from './grpc-errors.js';
import { type GrpcServerOptions, GrpcStrategy } from './grpc-server.js';
import { nestLogger } from './log.js';

/** Every thrown thing → status with detail. Global on a service's Nest app. */
@Catch()
export class GrpcErrorFilter implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): unknown {
    return throwError(() => toGrpcError(error));
  }
}

export interface GrpcServiceOptions extends GrpcServerOptions {
  /** The service's app.module. */
  readonly module: Parameters<typeof NestFactory.createMicroservice>[0];
  /** Runs after the port is open and before health says SERVING. */
  readonly onReady?: (app: INestMicroservice) => void | Promise<void>;
}

export interface GrpcService {
  readonly app: INestMicroservice;
  /** Bound port of `address`; 0 for a unix socket. */
  readonly port: number;
  /** For conditions that come and go, e.g. a lost Redis. True after the start. */
  setServing(serving: boolean): void;
  /** Ends the streams, the server, then the Nest app. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a service: builds the module, proves that each RPC has a handler, opens the port, says SERVING.
 *
 * Errors: INTERNAL listing RPCs without a handler; PORT_TAKEN; whatever the module's providers throw.
 */
export async function startGrpcService(options: GrpcServiceOptions): Promise<GrpcService> {
  const strategy = new GrpcStrategy(options);
  const app = await NestFactory.createMicroservice(options.module, {
    strategy,
    logger: nestLogger(options.log),
    abortOnError: false,
  });
  app.useGlobalFilters(new GrpcErrorFilter());
  try {
    await app.listen();
    await options.onReady?.(app);
  } catch (error) {
    await strategy.close();
    await app.close();
    throw error;
  }
  strategy.setServing(true);
  let stopped: Promise<void> | undefined;
  return {
    app,
    port: strategy.ports[0] ?? 0,
    setServing: (serving) => strategy.setServing(serving),
    stop: () => (stopped ??= strategy.close().then(() => app.close())),
  };
}
