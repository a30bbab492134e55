import type { Codec, Subject } from '@ancloud/contracts';
import { AppError, asAppError, Listeners, type Log } from '@ancloud/kit';
import {
  ClosedConnectionError,
  DrainingConnectionError,
  type Msg,
  type NatsConnection,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node';
import { Intake } from './intake.js';
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
import { type SubjectParams, subjectOf } from './subject.js';
import { carriesTrace, inTraceOf, traceHeaders } from './trace-headers.js';

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
  readonly #reconnected: Listeners;
  readonly #intake: Intake;
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
    this.#reconnected = new Listeners((err) => {
      this.#count('handlerErrors');
      this.#log.error({ err }, 'a reconnect handler failed');
    });
    this.#intake = new Intake(connection, this.#log, this.#count);
    void this.#watch();
  }

  get status(): BusStatus {
    return this.#status;
  }

  /** Calls `fn` after each reconnection (not the first connection). Answers how to stop that. */
  onReconnect(fn: () => void): () => void {
    return this.#reconnected.add(fn);
  }

  /** False = not sent, the connection is down or has drained. Errors: INVALID_ARGUMENT for a parameter that is not a token. */
  publish<T>(subject: Subject<T>, params: SubjectParams, message: T): boolean {
    return this.#send(
      subjectOf(subject.template, params),
      subject.codec.encode(message).finish(),
      carriesTrace(subject),
    );
  }

  /** Bytes as they are, without headers: the hot path. `bytes` belong to the bus from here on. */
  publishRaw(subject: Subject<unknown>, params: SubjectParams, bytes: Uint8Array): boolean {
    return this.#send(subjectOf(subject.template, params), bytes, false);
  }

  /** For many messages to one subject: parameters are checked and filled in once. */
  outlet<T>(subject: Subject<T>, params: SubjectParams): Outlet<T> {
    const name = subjectOf(subject.template, params);
    const fact = carriesTrace(subject);
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
          this.#intake.failed(subject, at, err);
        },
      );
    };
    const decode = this.#intake.decoder(subject);
    return this.#intake.open(subject, params, options.queue, (msg, at) => {
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
    return this.#intake.open(subject, params, options.queue, (msg, at) => handler(msg.data, at));
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
    const decode = this.#intake.decoder(subject);
    return this.#intake.open(subject, params, options.queue, (msg, at) => {
      const message = decode(msg, at);
      if (message === undefined) {
        respondError(msg, new AppError('MESSAGE_MALFORMED', `${msg.subject}: the request could not be read`));
        return;
      }
      void inTraceOf(msg, () => handler(message.value, at)).then(
        (value) => msg.respond(reply.encode(value).finish()),
        (err: unknown) => {
          this.#intake.failed(subject, at, err);
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
    try {
      if (traced) this.#connection.publish(subject, bytes, { headers: traceHeaders() });
      else this.#connection.publish(subject, bytes);
    } catch (error) {
      // After the last that a draining connection sends: what handlers began while it drained may end then, and must not
      // end the process, which is closing what else it has.
      if (!(error instanceof DrainingConnectionError || error instanceof ClosedConnectionError)) throw error;
      this.#count('unsent');
      return false;
    }
    return true;
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
        this.#reconnected.tell();
      } else if (event.type === 'error') {
        this.#count('refused');
        this.#log.error({ err: event.error }, 'NATS refused something');
      }
    }
    this.#status = 'closed';
  }
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, value).unref();
  });
}
