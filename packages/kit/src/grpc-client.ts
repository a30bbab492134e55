import {
  Client,
  type ClientDuplexStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  credentials as grpcCredentials,
  type CallOptions as GrpcCallOptions,
  Metadata,
  type MethodDefinition,
  status,
} from '@grpc/grpc-js';
import { Backoff } from './backoff.js';
import { sleep } from './clock.js';
import { AppError } from './errors.js';
import type { FarmTls } from './farm-tls.js';
import { errorDetailOf, fromGrpcError } from './grpc-errors.js';
import { isConnected, keepaliveOf, type Liveness, type Reached, reached } from './grpc-liveness.js';
import { IteratedCall, type ServerStream } from './grpc-stream.js';
import { childTraceparent, TRACEPARENT } from './trace.js';

export interface GrpcClientOptions {
  /** Sent as `authorization: Bearer …`; left out on unix sockets, whose file mode is the credential. */
  readonly farmSecret?: string;
  /** Default time for a unary call with all its retries, ms. Default 10 000. */
  readonly deadlineMs?: number;
  /** Further tries of a unary call after the transport said UNAVAILABLE. Default 2. All RPCs are safe to repeat. */
  readonly retries?: number;
  /** Largest message either way, bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Over TCP: mutual TLS. Default: plain text. */
  readonly tls?: FarmTls | undefined;
  /** How soon a service that vanishes is known to be gone. Default: 20 s, while there are calls. */
  readonly liveness?: Liveness;
}

export interface CallOptions {
  /** Time limit in ms. Unary: default as the client's. Streams: default none. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Unary only. */
  readonly retries?: number;
  /** Extra metadata, e.g. `{ 'idempotency-key': … }`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A client stream: write messages to `call`, end it, await `response` (rejects with an AppError). */
export interface ClientStream<Q, R> {
  readonly call: ClientWritableStream<Q>;
  readonly response: Promise<R>;
}

type Definition = MethodDefinition<never, unknown>;
type Unary<Q, R> = (request: Q, options?: CallOptions) => Promise<R>;

type MethodOf<D> = D extends {
  requestStream: infer QS;
  responseStream: infer RS;
  requestSerialize: (value: infer Q) => Buffer;
  responseDeserialize: (value: Buffer) => infer R;
}
  ? QS extends true
    ? RS extends true
      ? (options?: CallOptions) => ClientDuplexStream<Q, R>
      : (options?: CallOptions) => ClientStream<Q, R>
    : RS extends true
      ? (request: Q, options?: CallOptions) => ServerStream<R>
      : Unary<Q, R>
  : never;

/**
 * What `createClient` makes of a ts-proto service definition. Unary → promise; server stream → `ServerStream`; client
 * stream → `ClientStream`; bidi → grpc-js's own duplex (its `error` events pass through `fromGrpcError` by the user).
 */
export type GrpcClient<D> = { readonly [M in keyof D]: MethodOf<D[M]> } & {
  /** Where it calls. */
  readonly address: string;
  /** Connects, if need be, and says what came of it within `withinMs`. */
  reached(withinMs: number): Promise<Reached>;
  /** Whether there is a connection, as far as it knows. */
  connected(): boolean;
  /** Ends all calls that are under way with UNAVAILABLE. */
  lose(why: string): void;
  /** Ends the channel; calls under way go on to their end. May be called twice. */
  close(): void;
};

/** ts-proto's `XServiceClient`, of which only the definition is used. */
export interface ClientConstructor<D> {
  readonly service: D;
}

/**
 * A dead host must not keep a stream waiting for TCP's own patience (15 minutes). A socket of this machine needs none: its end is
 * told at once, and a machine too busy to answer within 5 s would lose the call.
 */
const keepalive = { 'grpc.keepalive_time_ms': 15_000, 'grpc.keepalive_timeout_ms': 5_000 };

/**
 *     const client = createClient(SessionServiceClient, '10.0.0.2:7002', { farmSecret });
 *     const session = await client.getSession({ phoneId });
 *     for await (const chunk of client.screenshot({ phoneId })) …
 *
 * Connects lazily and reconnects by itself. Errors are AppErrors (`fromGrpcError`).
 */
export function createClient<D extends object>(
  constructor: ClientConstructor<D>,
  address: string,
  options: GrpcClientOptions = {},
): GrpcClient<D> {
  const max = options.maxMessageBytes ?? 16 * 1024 * 1024;
  const channel = new Client(address, credentialsFor(address, options.tls), {
    'grpc.max_receive_message_length': max,
    'grpc.max_send_message_length': max,
    ...(address.startsWith('unix:')
      ? {}
      : ((options.liveness && keepaliveOf(options.liveness)) ?? keepalive)),
    'grpc.initial_reconnect_backoff_ms': 100,
    // A service that was killed is back within a second or two, and viewers wait for it.
    'grpc.max_reconnect_backoff_ms': 500,
    // An HTTP proxy of the environment is for the internet, not for the farm.
    'grpc.enable_http_proxy': 0,
  });
  const caller = new Caller(channel, address, options);
  const methods = Object.entries(constructor.service as Record<string, Definition>).map(
    ([name, definition]) => [name, caller.method(definition)],
  );
  // The one cast: the mapped type above says for each definition what `Caller.method` returns for it.
  return Object.assign(Object.fromEntries(methods), {
    address,
    reached: (withinMs: number) => reached(channel.getChannel(), withinMs),
    connected: () => isConnected(channel.getChannel()),
    lose: (why: string) => caller.lose(why),
    close: () => channel.close(),
  }) as GrpcClient<D>;
}

/** A unix socket's file mode is the credential there. */
function credentialsFor(address: string, tls: FarmTls | undefined) {
  if (tls === undefined || address.startsWith('unix:')) return grpcCredentials.createInsecure();
  const [ca, key, cert] = [tls.ca, tls.key, tls.cert].map((pem) => Buffer.from(pem));
  return grpcCredentials.createSsl(ca, key, cert);
}

class Caller {
  readonly #channel: Client;
  readonly #address: string;
  readonly #options: GrpcClientOptions;
  /** Under way. */
  readonly #calls = new Set<ClientUnaryCall>();

  constructor(channel: Client, address: string, options: GrpcClientOptions) {
    this.#channel = channel;
    this.#address = address;
    this.#options = options;
  }

  method(definition: Definition): unknown {
    if (definition.requestStream && definition.responseStream)
      return (options?: CallOptions) => this.#bidi(definition, options ?? {});
    if (definition.requestStream)
      return (options?: CallOptions) => this.#clientStream(definition, options ?? {});
    if (definition.responseStream)
      return (request: never, options?: CallOptions) =>
        this.#serverStream(definition, request, options ?? {});
    return (request: never, options?: CallOptions) => this.#unary(definition, request, options ?? {});
  }

  lose(why: string): void {
    for (const call of this.#calls)
      call.call?.cancelWithStatus(status.UNAVAILABLE, `${this.#address}: ${why}`);
  }

  #underWay<C extends ClientUnaryCall>(call: C): C {
    this.#calls.add(call);
    call.on('status', () => this.#calls.delete(call));
    return call;
  }

  #what(definition: Definition): string {
    return `calling ${definition.path.slice(1)} on ${this.#address}`;
  }

  #metadata(options: CallOptions): Metadata {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value);
    const { farmSecret } = this.#options;
    if (farmSecret !== undefined && !this.#address.startsWith('unix:'))
      metadata.set('authorization', `Bearer ${farmSecret}`);
    metadata.set(TRACEPARENT, childTraceparent());
    return metadata;
  }

  async #unary(definition: Definition, request: never, options: CallOptions): Promise<unknown> {
    const deadline = Date.now() + (options.deadlineMs ?? this.#options.deadlineMs ?? 10_000);
    const retries = options.retries ?? this.#options.retries ?? 2;
    const backoff = new Backoff({ minMs: 50, maxMs: 1_000 });
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#once(definition, request, deadline, options);
      } catch (error) {
        const wait = backoff.next();
        const hopeless =
          attempt >= retries || !isTransportUnavailable(error) || Date.now() + wait >= deadline;
        if (hopeless || options.signal?.aborted === true) throw fromGrpcError(error, this.#what(definition));
        await sleep(wait, options.signal).catch(() => {});
      }
    }
  }

  #once(definition: Definition, request: never, deadline: number, options: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted === true) {
        reject(new AppError('CANCELLED', `${this.#what(definition)}: cancelled`));
        return;
      }
      const call = this.#channel.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        request,
        this.#metadata(options),
        { deadline },
        (error, response) => {
          options.signal?.removeEventListener('abort', onAbort);
          if (error === null) resolve(response);
          else reject(error);
        },
      );
      this.#underWay(call);
      const onAbort = (): void => call.cancel();
      options.signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #streamOptions(options: CallOptions): GrpcCallOptions {
    return options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs };
  }

  #serverStream(definition: Definition, request: never, options: CallOptions): ServerStream<unknown> {
    const call = this.#channel.makeServerStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      request,
      this.#metadata(options),
      this.#streamOptions(options),
    );
    cancelOnAbort(this.#underWay(call), options.signal);
    return new IteratedCall(call, this.#what(definition));
  }

  #clientStream(definition: Definition, options: CallOptions): ClientStream<never, unknown> {
    let call: ClientWritableStream<never> | undefined;
    const response = new Promise<unknown>((resolve, reject) => {
      call = this.#channel.makeClientStreamRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        this.#metadata(options),
        this.#streamOptions(options),
        (error, value) => {
          if (error === null) resolve(value);
          else reject(fromGrpcError(error, this.#what(definition)));
        },
      );
    });
    // Who writes may learn of the failure by `response` alone, after the last write: it must not count as unhandled.
    response.catch(() => {});
    cancelOnAbort(this.#underWay(call as ClientWritableStream<never>), options.signal);
    return { call: call as ClientWritableStream<never>, response };
  }

  #bidi(definition: Definition, options: CallOptions): ClientDuplexStream<never, unknown> {
    const call = this.#channel.makeBidiStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      this.#metadata(options),
      this.#streamOptions(options),
    );
    cancelOnAbort(this.#underWay(call), options.signal);
    return call;
  }
}

/** True when no service has answered: only then is another try of use. */
function isTransportUnavailable(error: unknown): boolean {
  return (error as { code?: unknown }).code === status.UNAVAILABLE && errorDetailOf(error) === undefined;
}

function cancelOnAbort(
  call: { cancel(): void; on(event: 'status', fn: () => void): unknown },
  signal: AbortSignal | undefined,
): void {
  if (signal === undefined) return;
  const onAbort = (): void => call.cancel();
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  call.on('status', () => signal.removeEventListener('abort', onAbort));
}
