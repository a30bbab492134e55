import {
  type ClientNotifications,
  type ClientRequests,
  type Frame,
  limits,
  parseFrame,
  type ServerNotifications,
} from '@ancloud/contracts/viewer';

/** A request that the farm refused; `code` is one of ancloud's stable codes. */
export class SignalError extends Error {
  override readonly name = 'SignalError';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Why a connection is over. `retry`: coming again with the resume secret makes sense. */
export interface End {
  readonly code: string;
  readonly message: string;
  readonly retry: boolean;
}

export interface SignalListener {
  /** A notification came. */
  notified<M extends keyof ServerNotifications>(method: M, data: ServerNotifications[M]): void;
  /** The connection is over; called once. */
  closed(end: End): void;
}

const REQUEST_TIMEOUT_MS = 15_000;
/** The farm pings; when it has missed two pings and a half, the line is dead though nothing said so. */
const SILENCE_MS = limits.pingIntervalMs * 2.5;

/**
 * The signalling WebSocket: requests with replies, notifications, and binary frames for input where data channels are
 * not to be had. Owns the socket; ends by `leave`, by `cut`, or by the farm.
 */
export class Signal {
  readonly #socket: WebSocket;
  readonly #listener: SignalListener;
  readonly #waiting = new Map<
    number,
    { resolve: (ok: unknown) => void; reject: (error: Error) => void; timer: ReturnType<typeof setTimeout> }
  >();
  #nextId = 1;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #closing: End | undefined;
  #over = false;
  #heardAt = 0;

  /** Takes an open socket over; one that closed meanwhile ends it at once. */
  constructor(socket: WebSocket, listener: SignalListener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#heard();
    socket.addEventListener('message', (event) => {
      this.#heard();
      if (typeof event.data === 'string') this.#received(event.data);
    });
    socket.addEventListener('close', () =>
      this.#end(this.#closing ?? { code: 'UNAVAILABLE', message: 'the connection was cut', retry: true }),
    );
    if (socket.readyState !== WebSocket.OPEN) queueMicrotask(() => this.cut('the connection was cut'));
  }

  /** When the farm has spoken last, on the page's clock. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Asks and waits for the reply. Rejects with SignalError: the farm's code, or DEADLINE_EXCEEDED, or UNAVAILABLE. */
  request<M extends keyof ClientRequests>(
    method: M,
    data: ClientRequests[M]['data'],
  ): Promise<ClientRequests[M]['reply']> {
    if (this.#over) return Promise.reject(new SignalError('UNAVAILABLE', 'the connection is over'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new SignalError('DEADLINE_EXCEEDED', `${method}: no reply`));
      }, REQUEST_TIMEOUT_MS);
      // The contract's table says which reply belongs to which method.
      this.#waiting.set(id, { resolve: resolve as (ok: unknown) => void, reject, timer });
      this.#send({ id, method, data });
    });
  }

  /** One `ViewerInput`, for clients without data channels. */
  input(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  notify<M extends keyof ClientNotifications>(method: M, data: ClientNotifications[M]): void {
    this.#send({ notify: method, data });
  }

  /** Says goodbye: the farm forgets this viewer, its resume secret included. May be called twice. */
  leave(): void {
    this.notify('leave', {});
    this.#end({ code: 'CANCELLED', message: 'closed here', retry: false });
  }

  /** Ends the connection without a goodbye, to come again with the resume secret. May be called twice. */
  cut(message: string): void {
    this.#end({ code: 'UNAVAILABLE', message, retry: true });
  }

  #received(text: string): void {
    if (text.length > limits.signalFrame) return;
    const frame = parseFrame(text);
    if (frame === null) return;
    if ('notify' in frame) {
      const method = frame.notify as keyof ServerNotifications;
      if (method === 'closing') this.#closing = frame.data as ServerNotifications['closing'];
      else this.#listener.notified(method, frame.data as never);
    } else if ('method' in frame) {
      // `ping` is all the farm asks; whatever else it may ask one day is answered, not ignored.
      this.#send(
        frame.method === 'ping'
          ? { id: frame.id, ok: {} }
          : { id: frame.id, error: { code: 'ROUTE_NOT_FOUND', message: frame.method } },
      );
    } else {
      const waiting = this.#waiting.get(frame.id);
      this.#waiting.delete(frame.id);
      if (waiting === undefined) return;
      clearTimeout(waiting.timer);
      if (frame.error === undefined) waiting.resolve(frame.ok);
      else waiting.reject(new SignalError(frame.error.code, frame.error.message));
    }
  }

  #send(frame: Frame): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #heard(): void {
    this.#heardAt = performance.now();
    clearTimeout(this.#silence);
    if (!this.#over) this.#silence = setTimeout(() => this.cut('the farm fell silent'), SILENCE_MS);
  }

  #end(end: End): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#silence);
    this.#socket.close(1000);
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new SignalError(end.code, end.message));
    }
    this.#waiting.clear();
    this.#listener.closed(end);
  }
}
