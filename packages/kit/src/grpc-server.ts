import * as grpc from '@grpc/grpc-js';
import {
  logVerbosity,
  type Metadata,
  Server,
  ServerCredentials as Credentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type CustomTransportStrategy, ServerGrpc } from '@nestjs/microservices';
import { HealthImplementation } from 'grpc-health-check';
import { AppError, asAppError } from './errors.js';
import type { FarmTls } from './farm-tls.js';
import { authorize, type GrpcAuth } from './grpc-auth.js';
import { boundedService } from './grpc-bounds.js';
import { GrpcStatusError, toGrpcError } from './grpc-errors.js';
import { listen } from './grpc-listen.js';
import { reflectionOf } from './grpc-reflection.js';
import { type Log, withLogContext } from './log.js';
import type { Metrics } from './metrics.js';
import { newTraceparent, parseTraceparent, TRACEPARENT } from './trace.js';

export interface GrpcServerOptions {
  /** Full service name → ts-proto's `XServiceService`, e.g. `{ 'ancloud.session.v1.SessionService': SessionServiceService }`. */
  readonly services: Readonly<Record<string, ServiceDefinition>>;
  /** `host:port` (port 0 = any free one) or `unix:/path`; a socket file gets mode 0600. */
  readonly address: string;
  /** Further addresses that serve the same. */
  readonly alsoListen?: readonly string[];
  /** Names of services that answer on unix sockets only; over TCP they are FORBIDDEN. */
  readonly localOnly?: readonly string[];
  readonly auth: GrpcAuth;
  readonly log: Log;
  /** Counts and times each call as `ancloud_grpc_server_seconds`. */
  readonly metrics?: Metrics;
  /** Largest message either way, bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Tags, lengths and whole numbers that a request's message may have, each some 0.1 µs of the only thread. Default: as many as fit. */
  readonly maxReads?: number;
  /** Time for calls under way to end when stopping, ms. Default 3 000. */
  readonly stopMs?: number;
  /** Over TCP: TLS. Default: plain text. */
  readonly tls?: FarmTls | undefined;
  /** False = callers need not show a certificate of the farm's authority: partners have none. Default true. */
  readonly certifiedCallers?: boolean;
}

/** The members of grpc-js's server calls that are used here, whatever the kind of the call. */
interface AnyCall {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  emit(event: string, ...values: unknown[]): boolean;
  on(event: string, fn: () => void): unknown;
}
type Callback = (error: unknown, value?: unknown) => void;
type Handler = (call: AnyCall, callback?: Callback) => unknown;

/** A dead machine's calls end. Sockets of this machine need none: a client that is too busy to answer would lose its calls. */
const keepalive = { 'grpc.keepalive_time_ms': 30_000, 'grpc.keepalive_timeout_ms': 10_000 };

/**
 * Nest's gRPC transport over ts-proto's static definitions, with what every ancloud service needs: all handlers are
 * proven present before the port opens, health, reflection, authorization before a message is parsed, AppErrors on the
 * wire, trace context in the log, and an end that has a limit.
 *
 * Usable as a strategy of a hybrid app (gateway): `app.connectMicroservice({ strategy })`, with `GrpcErrorFilter`.
 */
export class GrpcStrategy extends ServerGrpc implements CustomTransportStrategy {
  readonly #config: GrpcServerOptions;
  readonly #health = new HealthImplementation({ '': 'NOT_SERVING' });
  /** How to end each stream under way. */
  readonly #streams = new Set<(error: AppError) => void>();
  #server: Server | undefined;
  #ports: number[] = [];

  constructor(options: GrpcServerOptions) {
    super({
      package: packagesOf(options.services),
      packageDefinition: bounded(options),
      url: options.address,
    });
    this.#config = options;
    // grpc-js prints to stderr on its own, between our JSON lines; what it says arrives in errors anyway.
    if (process.env['GRPC_VERBOSITY'] === undefined) setLogVerbosity(logVerbosity.NONE);
  }

  get #addresses(): readonly string[] {
    return [this.#config.address, ...(this.#config.alsoListen ?? [])];
  }

  /** Bound port of each TCP address, 0 for unix sockets; empty before the start. */
  get ports(): readonly number[] {
    return this.#ports;
  }

  /** Says SERVING or NOT_SERVING to `grpc.health.v1.Health` for the whole server and each service. */
  setServing(serving: boolean): void {
    const state = serving ? 'SERVING' : 'NOT_SERVING';
    for (const name of ['', ...Object.keys(this.#config.services)]) this.#health.setStatus(name, state);
  }

  /** Not bound here, unlike Nest's: the port opens after the services have been added. */
  override createClient(): Promise<Server> {
    const max = this.#config.maxMessageBytes ?? 16 * 1024 * 1024;
    this.#server = new Server({
      'grpc.max_receive_message_length': max,
      'grpc.max_send_message_length': max,
      ...(this.#addresses.every((address) => address.startsWith('unix:')) ? {} : keepalive),
      interceptors: [this.#interceptor()],
    });
    return Promise.resolve(this.#server);
  }

  override async start(callback?: () => void): Promise<void> {
    const server = this.#server as Server;
    await this.bindEvents();
    this.#health.addToServer(server);
    reflectionOf(Object.keys(this.#config.services)).addToServer(server);
    for (const address of this.#addresses) {
      this.#ports.push(await listen(server, address, credentialsFor(address, this.#config)));
    }
    callback?.();
  }

  /**
   * Called by Nest's constructor, for grpc-js and for a reader of .proto files. Nest would find them in node_modules: a second grpc-js beside the
   * bundle's own, and a reader that has nothing to read, since the definitions are given. That was a tenth of a service's start.
   */
  protected override loadPackageSynchronously<T>(name: string): T {
    return (name === '@grpc/grpc-js' ? grpc : {}) as T;
  }

  /** Called by Nest for each service: the place where a missing handler is found, instead of UNIMPLEMENTED in the field. */
  override async createService(grpcService: { service: ServiceDefinition }, name: string): Promise<object> {
    const handlers = (await super.createService(grpcService, name)) as Record<string, Handler>;
    // Nest passes the name without its package; people look for the full one.
    const full = Object.values(grpcService.service)[0]?.path.split('/')[1] ?? name;
    const missing = Object.keys(grpcService.service).filter((method) => handlers[method] === undefined);
    if (missing.length > 0)
      throw new AppError('INTERNAL', `gRPC service ${full}: no handler for ${missing.join(', ')}`, {
        field: full,
        value: missing.join(','),
        fix: `add @GrpcMethod or @GrpcStreamCall with the full service name and the lowerCamel method name to a controller of the module`,
      });
    const wrapped = Object.entries(handlers).map(([method, handler]) => {
      const path = grpcService.service[method]?.path ?? method;
      return [method, this.#wrap(handler, path)];
    });
    return Object.fromEntries(wrapped) as UntypedServiceImplementation;
  }

  /**
   * Ends in order: health says so, streams end with UNAVAILABLE (their clients reconnect elsewhere), unary calls get
   * `stopMs` to end, then everything is cut. May be called twice.
   */
  override async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    this.setServing(false);
    const why = new AppError('UNAVAILABLE', 'the service is stopping');
    for (const end of this.#streams) end(why);
    await new Promise<void>((resolve) => {
      const limit = setTimeout(() => {
        server.forceShutdown();
        resolve();
      }, this.#config.stopMs ?? 3_000);
      server.tryShutdown(() => {
        clearTimeout(limit);
        resolve();
      });
    });
  }

  #wrap(handler: Handler, path: string): Handler {
    return async (call, callback) => {
      const traceparent = parseTraceparent(text(call.metadata.get(TRACEPARENT)[0])) ?? newTraceparent();
      const answer: Callback | undefined =
        callback &&
        ((error, value) =>
          callback(error === null || error === undefined ? null : this.#mapped(error, path), value));
      if (isStream(call)) this.#track(call, path, answer);
      await withLogContext({ call: path, traceparent }, async () => {
        try {
          await handler(call, answer);
        } catch (error) {
          // A @GrpcStreamCall handler that threw: without this the client would wait for ever.
          if (answer === undefined) call.emit('error', error);
          else answer(error);
        }
      });
    };
  }

  /** Errors that handlers emit on their stream become statuses too, and the stream is known to `close`. */
  #track(call: AnyCall, path: string, answer: Callback | undefined): void {
    const emit = call.emit.bind(call);
    call.emit = (event, ...values) =>
      event === 'error' ? emit('error', this.#mapped(values[0], path)) : emit(event, ...values);
    // A client stream ends by its callback: nobody listens for `error` on a stream that only reads.
    const end = answer ?? ((error: AppError) => void call.emit('error', error));
    this.#streams.add(end);
    // grpc-js emits `cancelled` at the end of every call, also of those that ended well.
    call.on('cancelled', () => this.#streams.delete(end));
  }

  #mapped(error: unknown, path: string): GrpcStatusError {
    const mapped = toGrpcError(error);
    const original = mapped.cause;
    if (asAppError(original).code === 'INTERNAL')
      this.#config.log.error({ call: path, err: original }, 'a call failed');
    else this.#config.log.debug({ call: path, err: original }, 'a call was refused');
    return mapped;
  }

  #interceptor(): ServerInterceptor {
    const seconds = this.#config.metrics?.histogram(
      'ancloud_grpc_server_seconds',
      'Time from the call to its status; for streams their whole life',
      ['method', 'code'],
    );
    return (method, call) => {
      const began = performance.now();
      const local = call.getConnectionInfo().localPort === undefined;
      return new ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata: (metadata, proceed) => {
              void authorize({ metadata, path: method.path, local }, this.#config).then(
                () => proceed(metadata),
                (error: unknown) => call.sendStatus(toGrpcError(error)),
              );
            },
            onReceiveMessage: (message: unknown, proceed) => {
              if (message instanceof AppError) call.sendStatus(toGrpcError(message));
              else proceed(message);
            },
          }),
        sendStatus: (outcome, next) => {
          seconds?.observe(
            { method: method.path.slice(1), code: String(outcome.code ?? 0) },
            (performance.now() - began) / 1_000,
          );
          next(outcome);
        },
      });
    };
  }
}

/** A unix socket's file mode is the credential there. */
function credentialsFor(address: string, { tls, certifiedCallers = true }: GrpcServerOptions) {
  if (tls === undefined || address.startsWith('unix:')) return Credentials.createInsecure();
  const [ca, key, cert] = [tls.ca, tls.key, tls.cert].map((pem) => Buffer.from(pem)) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  return Credentials.createSsl(ca, [{ private_key: key, cert_chain: cert }], certifiedCallers);
}

function bounded({ services, maxReads }: GrpcServerOptions): Record<string, ServiceDefinition> {
  if (maxReads === undefined) return { ...services };
  const all = Object.entries(services);
  return Object.fromEntries(all.map(([name, service]) => [name, boundedService(service, maxReads)]));
}

function packagesOf(services: Readonly<Record<string, unknown>>): string[] {
  return [...new Set(Object.keys(services).map((name) => name.slice(0, name.lastIndexOf('.'))))];
}

function text(value: string | Buffer | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isStream(call: AnyCall): boolean {
  return 'read' in call || 'write' in call;
}
