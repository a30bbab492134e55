import type { Codec, Subject } from '@ancloud/contracts';
import {
  AppError,
  asAppError,
  childTraceparent,
  type Log,
  parseTraceparent,
  TRACEPARENT,
  withLogContext,
} from '@ancloud/kit';
import {
  headers as newHeaders,
  type Msg,
  type NatsConnection,
  type Subscription,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node';
import type {
  BusOptions,
  BusStats,
  BusStatus,
  BusSubscription,
  Handler,
  Outlet,
  RawHandler,
  SubscribeOptions,
} from './options.js';
import { readError, respondError } from './reply-error.js';
import { type SubjectParams, SubjectReader, patternOf, subjectOf } from './subject.js';

const FACT = 'ancloud.fact.';
/** Malformed messages are logged at most this often per subscription, ms: a broken sender must not fill the disk. */
const MALFORMED_LOG_MS = 10_000;

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * Typed NATS core. Nothing here is persistent and nothing waits for a lost server: while the connection is down messages
 * are dropped and counted, since a late touch is worthless and a fact only wakes somebody. Whoever needs the state behind
 * the facts resyncs in `onReconnect`.
 *
 * A bad message or a throwing handler never ends a subscription. Owns its connection; `drain()` ends it.
 */
export class Bus {
  readonly stats: BusStats = { unsent: 0, malformed: 0, handlerErrors: 0, overrun: 0, refused: 0 };
  readonly #connection: NatsConnection;
  readonly #log: Log;
  readonly #count: (kind: keyof BusStats) => void;
  readonly #reconnected = new Set<() => void>();
  #status: BusStatus = 'connected';

  /** Use `connectBus`. */
  constructor(connection: NatsConnection, options: BusOptions) {
    this.#connection = connection;
    this.#log = options.log.child({ bus: options.name });
    const trouble = options.metrics?.counter('ancloud_bus_trouble_total', 'What went wrong on NATS', [
      'kind',
    ]);
    this.#count = (kind) => {
      this.stats[kind] += 1;
      trouble?.inc({ kind });
    };
    void this.#watch();
  }

  get status(): BusStatus {
    return this.#status;
  }

  /** Calls `fn` after each reconnection (not the first connection). Answers how to stop that. */
  onReconnect(fn: () => void): () => void {
    this.#reconnected.add(fn);
    return () => void this.#reconnected.delete(fn);
  }

  /** False = not sent, the connection is down. Errors: INVALID_ARGUMENT for a parameter that is not a token. */
  publish<T>(subject: Subject<T>, params: SubjectParams, message: T): boolean {
    return this.#send(
      subjectOf(subject.template, params),
      subject.codec.encode(message).finish(),
      isFact(subject),
    );
  }

  /** Bytes as they are, without headers: the hot path. `bytes` belong to the bus from here on. */
  publishRaw(subject: Subject<unknown>, params: SubjectParams, bytes: Uint8Array): boolean {
    return this.#send(subjectOf(subject.template, params), bytes, false);
  }

  /** For many messages to one subject: parameters are checked and filled in once. */
  outlet<T>(subject: Subject<T>, params: SubjectParams): Outlet<T> {
    const name = subjectOf(subject.template, params);
    const fact = isFact(subject);
    return {
      subject: name,
      publish: (message) => this.#send(name, subject.codec.encode(message).finish(), fact),
      publishRaw: (bytes) => this.#send(name, bytes, false),
    };
  }

  /**
   * Messages of all subjects that `params` leaves open, in the order they came. Handlers run inline; asynchronous ones
   * overlap: order per phone is the handler's business (`KeyedRunner`). Runs in the log context of the sender's trace.
   */
  subscribe<T>(
    subject: Subject<T>,
    params: SubjectParams,
    handler: Handler<T>,
    options: SubscribeOptions = {},
  ): BusSubscription {
    const limit = options.maxPending ?? 1_000;
    let pending = 0;
    const take = (message: T, at: SubjectParams): void => {
      const result = handler(message, at);
      if (result === undefined) return;
      pending += 1;
      result.then(
        () => (pending -= 1),
        (err: unknown) => {
          pending -= 1;
          this.#failed(subject, at, err);
        },
      );
    };
    const decode = this.#decoder(subject);
    return this.#subscribe(subject, params, options.queue, (msg, at) => {
      if (pending >= limit) {
        this.#count('overrun');
        return;
      }
      const message = decode(msg, at);
      if (message === undefined) return;
      inTraceOf(msg, () => take(message.value, at));
    });
  }

  /** Bytes as they came, handled inline: the hot path. The bytes are valid during the call only. */
  subscribeRaw(
    subject: Subject<unknown>,
    params: SubjectParams,
    handler: RawHandler,
    options: { readonly queue?: string } = {},
  ): BusSubscription {
    return this.#subscribe(subject, params, options.queue, (msg, at) => handler(msg.data, at));
  }

  /**
   * Asks and waits for one answer. Errors: UNAVAILABLE when nobody serves the subject, DEADLINE_EXCEEDED after
   * `timeoutMs` (default 2 000), UNAVAILABLE_BUS, and whatever AppError the server threw (code and sentence).
   */
  async request<Q, R>(
    subject: Subject<Q>,
    params: SubjectParams,
    message: Q,
    reply: Codec<R>,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<R> {
    const name = subjectOf(subject.template, params);
    const timeout = options.timeoutMs ?? 2_000;
    if (this.#status !== 'connected')
      throw new AppError('UNAVAILABLE_BUS', `asking ${name}: NATS is not reachable`);
    let msg: Msg;
    try {
      msg = await this.#connection.request(name, subject.codec.encode(message).finish(), {
        timeout,
        headers: traceHeaders(),
      });
    } catch (cause) {
      if (cause instanceof RequestError && cause.isNoResponders())
        throw new AppError('UNAVAILABLE', `asking ${name}: nobody answers`, { cause });
      if (cause instanceof TimeoutError || asError(cause).cause instanceof TimeoutError)
        throw new AppError('DEADLINE_EXCEEDED', `asking ${name}: no answer within ${timeout} ms`, { cause });
      throw new AppError('UNAVAILABLE_BUS', `asking ${name}: ${asError(cause).message}`, { cause });
    }
    const refusal = readError(msg);
    if (refusal !== undefined) throw refusal;
    try {
      return reply.decode(msg.data);
    } catch (cause) {
      throw new AppError('MESSAGE_MALFORMED', `asking ${name}: the answer could not be read`, { cause });
    }
  }

  /** Answers requests on a subject. What the handler throws becomes the asker's error. */
  serve<Q, R>(
    subject: Subject<Q>,
    params: SubjectParams,
    reply: Codec<R>,
    handler: (message: Q, params: SubjectParams) => Promise<R>,
    options: { readonly queue?: string } = {},
  ): BusSubscription {
    const decode = this.#decoder(subject);
    return this.#subscribe(subject, params, options.queue, (msg, at) => {
      const message = decode(msg, at);
      if (message === undefined) {
        respondError(msg, new AppError('MESSAGE_MALFORMED', `${msg.subject}: the request could not be read`));
        return;
      }
      void inTraceOf(msg, () => handler(message.value, at)).then(
        (value) => msg.respond(reply.encode(value).finish()),
        (err: unknown) => {
          this.#failed(subject, at, err);
          respondError(msg, asAppError(err));
        },
      );
    });
  }

  /** True = the server has seen all that was published or subscribed before; false = it is away, or took over 1 s. */
  async flush(): Promise<boolean> {
    if (this.#status !== 'connected') return false;
    const flushed = this.#connection.flush().then(
      () => true,
      () => false,
    );
    return Promise.race([flushed, after(1_000, false)]);
  }

  /** Handles what has arrived, sends what waits, closes; at most 2 s. May be called twice. */
  async drain(): Promise<void> {
    if (this.#connection.isClosed()) return;
    if (!this.#connection.isDraining())
      await Promise.race([this.#connection.drain().catch(() => {}), after(2_000, undefined)]);
    await this.#connection.close();
    this.#status = 'closed';
  }

  #send(subject: string, bytes: Uint8Array, traced: boolean): boolean {
    // While disconnected nats.js would queue without bound and deliver late: neither is wanted.
    if (this.#status !== 'connected' || this.#connection.isClosed()) {
      this.#count('unsent');
      return false;
    }
    if (traced) this.#connection.publish(subject, bytes, { headers: traceHeaders() });
    else this.#connection.publish(subject, bytes);
    return true;
  }

  #decoder<T>(subject: Subject<T>): (msg: Msg, at: SubjectParams) => { readonly value: T } | undefined {
    let loggedAt = -Infinity;
    return (msg, at) => {
      try {
        return { value: subject.codec.decode(msg.data) };
      } catch (err) {
        this.#count('malformed');
        if (performance.now() - loggedAt > MALFORMED_LOG_MS) {
          loggedAt = performance.now();
          this.#log.warn(
            { subject: subject.template, ...at, bytes: msg.data.length, err },
            'a message could not be read',
          );
        }
        return undefined;
      }
    };
  }

  #subscribe(
    subject: Subject<unknown>,
    params: SubjectParams,
    queue: string | undefined,
    take: (msg: Msg, at: SubjectParams) => void,
  ): BusSubscription {
    const reader = new SubjectReader(subject.template);
    const subscription: Subscription = this.#connection.subscribe(patternOf(subject.template, params), {
      ...(queue === undefined ? {} : { queue }),
      callback: (err, msg) => {
        // A permission violation; `closed` below tells it once.
        if (err !== null) return;
        const at = reader.read(msg.subject);
        try {
          take(msg, at);
        } catch (error) {
          this.#failed(subject, at, error);
        }
      },
    });
    void this.#tellRefusal(subject, subscription);
    return { close: () => subscription.unsubscribe() };
  }

  async #tellRefusal(subject: Subject<unknown>, subscription: Subscription): Promise<void> {
    const err = await subscription.closed;
    if (!(err instanceof Error)) return;
    this.#count('refused');
    this.#log.error({ subject: subject.template, err }, 'NATS refused the subscription');
  }

  #failed(subject: Subject<unknown>, at: SubjectParams, err: unknown): void {
    this.#count('handlerErrors');
    this.#log.error({ subject: subject.template, ...at, err }, 'a handler failed');
  }

  async #watch(): Promise<void> {
    for await (const event of this.#connection.status()) {
      if (event.type === 'disconnect') {
        if (this.#status === 'connected')
          this.#log.warn({ server: event.server }, 'NATS is gone, reconnecting');
        this.#status = 'reconnecting';
      } else if (event.type === 'reconnect') {
        this.#status = 'connected';
        this.#log.info({ server: event.server }, 'NATS is back');
        for (const fn of this.#reconnected) this.#tell(fn);
      } else if (event.type === 'error') {
        this.#count('refused');
        this.#log.error({ err: event.error }, 'NATS refused something');
      }
    }
    this.#status = 'closed';
  }

  #tell(fn: () => void): void {
    try {
      fn();
    } catch (err) {
      this.#count('handlerErrors');
      this.#log.error({ err }, 'a reconnect handler failed');
    }
  }
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, value).unref();
  });
}

/** Facts carry a trace; hot subjects carry no headers at all. */
function isFact(subject: Subject<unknown>): boolean {
  return subject.template.startsWith(FACT);
}

function traceHeaders() {
  const headers = newHeaders();
  headers.set(TRACEPARENT, childTraceparent());
  return headers;
}

function inTraceOf<T>(msg: Msg, fn: () => T): T {
  const traceparent = parseTraceparent(msg.headers?.get(TRACEPARENT));
  return traceparent === undefined ? fn() : withLogContext({ traceparent }, fn);
}
