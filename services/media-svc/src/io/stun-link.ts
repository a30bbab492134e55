import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AppError } from '@ancloud/kit';
import { readStun, stunLength, writeStun, type StunMessage } from './stun.js';

/** A request is sent so many ms after the first time again, while a way loses messages (RFC 8489 §6.2.1 with an RTO of 500 ms). */
const REPEAT_MS = [500, 1_500, 3_500] as const;
const ANSWER_MS = 5_000;
/** Of a TCP connection, with TLS. */
const CONNECT_MS = 5_000;

/** How messages stand in a stream: each behind its length (RFC 4571, ICE-TCP), or one behind the other (RFC 8489 §6.2.2, TURN). */
export type Framing = 'length' | 'none';

interface Wire {
  /** Messages may be lost: whoever asks repeats. */
  readonly lossy: boolean;
  send(message: Buffer): void;
  close(): void;
}

/** What a request is made of; the transaction's id is the link's, and masks the addresses in it. */
export interface StunRequest {
  readonly method: number;
  readonly attributes: (transaction: Uint8Array) => StunMessage['attributes'];
}

/** A way to one STUN server. Owned by who opened it; ends by `close`. */
export class StunLink {
  readonly #wire: Wire;
  readonly #waiting = new Map<string, (message: StunMessage) => void>();
  readonly #failed = Promise.withResolvers<never>();
  /** Indications, which nobody has asked for. */
  indication: (message: StunMessage) => void = () => undefined;

  private constructor(wire: (link: StunLink) => Wire) {
    // Who asks later hears of it then.
    this.#failed.promise.catch(() => undefined);
    this.#wire = wire(this);
  }

  /** Nothing is sent yet. */
  static udp(host: string, port: number): StunLink {
    return new StunLink((link) => {
      const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
      const early: Buffer[] = [];
      let connected = false;
      socket.on('error', (error) => link.#fail(error));
      socket.on('message', (message) => link.#take(message));
      socket.connect(port, host, () => {
        connected = true;
        for (const message of early) socket.send(message);
      });
      return {
        lossy: true,
        // An error is told by the event as well.
        send: (message) => (connected ? socket.send(message, () => undefined) : early.push(message)),
        close: () => socket.close(),
      };
    });
  }

  /** `addresses`: of a name. Errors: UNAVAILABLE with what came back, DEADLINE_EXCEEDED. */
  static async tcp(
    host: string,
    port: number,
    {
      framing,
      tls,
      addresses = [host],
    }: { readonly framing: Framing; readonly tls: boolean; readonly addresses?: readonly string[] },
  ): Promise<StunLink> {
    const opened = Promise.withResolvers<void>();
    const lookup: LookupFunction = (_name, _options, found) =>
      found(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      );
    // A certificate of another name is refused, as browsers do.
    const socket: Socket = tls
      ? connectTls({ host, port, lookup, ...(isIP(host) === 0 ? { servername: host } : {}) }, () =>
          opened.resolve(),
        )
      : connectTcp({ host, port, lookup }, () => opened.resolve());
    const link = new StunLink((self) => {
      let read: Buffer = Buffer.alloc(0);
      socket.on('error', (error) => self.#fail(error));
      socket.on('close', () => self.#fail(new Error('the connection was closed')));
      socket.on('data', (chunk: Buffer) => {
        read = self.#split(Buffer.concat([read, chunk]), framing);
      });
      return {
        lossy: false,
        send: (message) => {
          const length = Buffer.alloc(framing === 'length' ? 2 : 0);
          if (framing === 'length') length.writeUInt16BE(message.length);
          socket.write(Buffer.concat([length, message]));
        },
        close: () => socket.destroy(),
      };
    });
    try {
      await link.#within(CONNECT_MS, 'no connection', opened.promise);
      return link;
    } catch (error) {
      link.close();
      throw error;
    }
  }

  /** Sends a request and waits for its answer, success or error. Errors: UNAVAILABLE with what came back, DEADLINE_EXCEEDED. */
  async ask(request: StunRequest, key?: Uint8Array): Promise<StunMessage> {
    const { promise, resolve } = Promise.withResolvers<StunMessage>();
    const transaction = randomBytes(12);
    const { method, attributes } = request;
    const bytes = writeStun(
      { kind: 'request', method, transaction, attributes: attributes(transaction) },
      key,
    );
    const id = transaction.toString('hex');
    this.#waiting.set(id, resolve);
    const repeats = this.#wire.lossy
      ? REPEAT_MS.map((ms) => setTimeout(() => this.#wire.send(bytes), ms))
      : [];
    try {
      this.#wire.send(bytes);
      return await this.#within(ANSWER_MS, 'no answer', promise);
    } finally {
      repeats.forEach(clearTimeout);
      this.#waiting.delete(id);
    }
  }

  /** Sends what nobody answers. */
  tell(message: Omit<StunMessage, 'kind'>): void {
    this.#wire.send(writeStun({ ...message, kind: 'indication' }));
  }

  close(): void {
    this.#wire.close();
  }

  async #within<T>(ms: number, what: string, wanted: Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new AppError('DEADLINE_EXCEEDED', `${what} within ${ms / 1_000} s`)),
      ms,
    );
    try {
      return await Promise.race([wanted, this.#failed.promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #fail(cause: Error): void {
    // Of several addresses Node says by itself only that it was none.
    const all = cause instanceof AggregateError ? (cause.errors as Error[]) : [cause];
    this.#failed.reject(new AppError('UNAVAILABLE', all.map(({ message }) => message).join('; '), { cause }));
  }

  #take(bytes: Buffer): void {
    const message = readStun(bytes);
    if (message === undefined) return;
    if (message.kind === 'indication') this.indication(message);
    else if (message.kind !== 'request')
      this.#waiting.get(Buffer.from(message.transaction).toString('hex'))?.(message);
  }

  /** Takes the whole messages; what is left is the beginning of the next one. */
  #split(bytes: Buffer, framing: Framing): Buffer {
    let rest = bytes;
    for (;;) {
      const skip = framing === 'length' ? 2 : 0;
      const length =
        framing === 'length' ? (rest.length < 2 ? undefined : rest.readUInt16BE(0)) : stunLength(rest);
      if (length === undefined || rest.length < skip + length) {
        // Whoever sends what is no STUN is not waited for.
        if (framing === 'none' && length === undefined && rest.length >= 20)
          this.#fail(new Error('what answers there speaks no STUN'));
        return rest;
      }
      this.#take(rest.subarray(skip, skip + length));
      rest = rest.subarray(skip + length);
    }
  }
}
