import { Duplex } from 'node:stream';
import { callbackify } from 'node:util';
import type { Adb, AdbSocket } from '@yume-chan/adb';
import { within } from './deadline.js';
import type { Limits } from './deadline.js';
import { AdbError } from './errors.js';

export interface OpenStreamOptions extends Limits {
  /**
   * When refused, try again after this many ms until timeoutMs (scrcpy's server needs a while to listen; its client
   * tries each 100 ms). Absent: refused is refused.
   */
  readonly retryMs?: number;
  /**
   * True: what the phone's end no longer takes is dropped without an error, and what it sent before is still read to its
   * end. For commands, which may end before they have read their stdin. Default false: such a write fails with ADB_CLOSED.
   */
  readonly dropLateWrites?: boolean;
}

/**
 * Opens an adb service as a Node stream, e.g. `localabstract:scrcpy_0000abcd`.
 *
 * Back-pressure holds in both directions: what is not read is not acknowledged to adbd, and write() answers false
 * until adbd has acknowledged. adb has no half-close: end() closes the stream once everything is written; destroy()
 * closes at once. When the connection ends the stream ends, or fails with ADB_CLOSED if a write was under way.
 *
 * @param options.timeoutMs default 10,000
 * @throws AdbError ADB_REFUSED, ADB_TIMEOUT, ADB_CLOSED, ADB_ABORTED
 */
export async function openStream(
  adb: Adb,
  service: string,
  options: OpenStreamOptions = {},
): Promise<Duplex> {
  return new AdbDuplex(await openSocket(adb, service, options), options.dropLateWrites === true);
}

/** An abstract unix socket of the phone; `name` without the leading NUL. See openStream. */
export function openLocalAbstract(adb: Adb, name: string, options: OpenStreamOptions = {}): Promise<Duplex> {
  return openStream(adb, `localabstract:${name}`, options);
}

/** The library's socket, with our deadlines and errors. */
export async function openSocket(adb: Adb, service: string, options: OpenStreamOptions): Promise<AdbSocket> {
  const { timeoutMs = 10_000, retryMs, signal } = options;
  const what = `opening ${service} on ${adb.serial}`;
  const until = performance.now() + timeoutMs;
  let refusal: AdbError | undefined;
  for (;;) {
    const left = Math.max(1, Math.ceil(until - performance.now()));
    const limits: Limits = { timeoutMs: left, ...(signal === undefined ? {} : { signal }) };
    try {
      return await within(what, limits, attempt(adb, service, what), (late) => void late.close());
    } catch (error) {
      // Refused all the while: that the last answer is late says less than that.
      if (error instanceof AdbError && error.code === 'ADB_TIMEOUT') throw refusal ?? error;
      if (!(error instanceof AdbError) || error.code !== 'ADB_REFUSED') throw error;
      refusal = error;
      if (retryMs === undefined || performance.now() + retryMs >= until) throw error;
    }
    await within(what, limits, new Promise<void>((resolve) => setTimeout(resolve, retryMs)));
  }
}

/** The library forgets streams that are being opened when the connection ends; so that end is watched too. */
async function attempt(adb: Adb, service: string, what: string): Promise<AdbSocket> {
  const gone = (cause?: unknown): never => {
    throw new AdbError('ADB_CLOSED', `${what}: the connection ended`, { cause });
  };
  let opened = false;
  // With the final NUL that adb's own client sends: adbd reads the name of a local socket as a C string out of its receive
  // buffer (socket_spec.cpp socket_spec_connect), so without it the name may end in whatever lies behind.
  const opening = adb.createSocket(`${service}\0`).then(
    (socket) => {
      opened = true;
      return socket;
    },
    (cause: unknown) => {
      if (cause instanceof Error && cause.message === 'Socket open failed')
        throw new AdbError('ADB_REFUSED', `${what}: refused by the phone`, { cause });
      return gone(cause);
    },
  );
  const ended = adb.disconnected.then(() => gone(), gone);
  ended.catch(() => undefined);
  const socket = await Promise.race([opening, ended]);
  if (!opened) opening.catch(() => undefined);
  return socket;
}

class AdbDuplex extends Duplex {
  readonly #socket: AdbSocket;
  readonly #reader: ReturnType<AdbSocket['readable']['getReader']>;
  readonly #writer: ReturnType<AdbSocket['writable']['getWriter']>;

  readonly #dropLateWrites: boolean;

  constructor(socket: AdbSocket, dropLateWrites: boolean) {
    super({ allowHalfOpen: false, readableHighWaterMark: 64 * 1024, writableHighWaterMark: 16 * 1024 });
    this.#socket = socket;
    this.#dropLateWrites = dropLateWrites;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
    // Its rejection says nothing that a write or the end of reading does not say.
    this.#writer.closed.catch(() => undefined);
  }

  override _read(): void {
    void this.#pull();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    callbackify(() => this.#send(chunk))(done);
  }

  override _final(done: (error?: Error | null) => void): void {
    callbackify(() => this.#close())(done);
  }

  override _destroy(reason: Error | null, done: (error?: Error | null) => void): void {
    callbackify(async () => {
      // Drops what adbd still sends until it answers our close; unread it would stay unacknowledged for ever.
      await Promise.allSettled([this.#reader.cancel(), this.#close()]);
      if (reason !== null) throw reason;
    })(done);
  }

  async #pull(): Promise<void> {
    try {
      let next = await this.#reader.read();
      while (!next.done && next.value.length === 0) next = await this.#reader.read();
      this.push(next.done ? null : next.value);
    } catch (cause) {
      this.destroy(this.#closed('reading', cause));
    }
  }

  async #send(chunk: Uint8Array): Promise<void> {
    // When the connection ends, the library leaves a write that waits for its acknowledgement waiting for ever.
    const closed = this.#socket.closed.then(() => {
      throw this.#closed('writing');
    });
    closed.catch(() => undefined);
    try {
      await Promise.race([this.#writer.write(chunk), closed]);
    } catch (cause) {
      if (this.#dropLateWrites) return;
      throw cause instanceof AdbError ? cause : this.#closed('writing', cause);
    }
  }

  async #close(): Promise<void> {
    await this.#socket.close();
  }

  #closed(doing: string, cause?: unknown): AdbError {
    return new AdbError('ADB_CLOSED', `${doing} ${this.#socket.service}: the stream was closed`, { cause });
  }
}
