import { codes, viewer } from '@ancloud/contracts';
import type { ShellInput, ShellOutput } from '@ancloud/contracts/session/v1/session';
import { AppError, asAppError, fromGrpcError, type Clock, type Log, type Timer } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import { outputStream, readOpen, readShellNotice, stdinMax, type ShellOpen } from './core/shell-frames.js';

/** What is used of a WebSocket. */
export interface ShellSocket {
  send(data: string | Uint8Array): void;
  readonly bufferedAmount: number;
  pause(): void;
  resume(): void;
  close(code: number, reason: string): void;
}

/** What is used of `SessionService.Shell`. */
export interface ShellStream {
  write(input: ShellInput): boolean;
  end(): void;
  cancel(): void;
  pause(): unknown;
  resume(): unknown;
  on(event: 'data', fn: (output: ShellOutput) => void): unknown;
  on(event: 'error', fn: (error: unknown) => void): unknown;
  on(event: 'end' | 'drain', fn: () => void): unknown;
}

export interface ShellParts {
  readonly phoneId: string;
  /** Who opens it: by the key in the first message, or by the cookie that came with the upgrade. */
  readonly authenticate: (key: string | undefined) => Promise<Principal>;
  /** Errors: PHONE_NOT_FOUND, SESSION_NOT_READY. */
  readonly dial: (principal: Principal) => Promise<ShellStream>;
  readonly clock: Clock;
  readonly log: Log;
}

const OPEN_MS = 10_000;
/** The phone is read no further while this much waits for the client. */
const HIGH_WATER = 1024 * 1024;
const DRAIN_POLL_MS = 20;

/** One shell in one phone over one WebSocket: open → bytes both ways → exit. Back-pressure both ways; nothing is dropped. */
export class ShellConnection {
  readonly #socket: ShellSocket;
  readonly #parts: ShellParts;
  readonly #openTimer: Timer;
  #state: 'waiting' | 'opening' | 'open' | 'closed' = 'waiting';
  #stream: ShellStream | undefined;
  #drain: Timer | undefined;

  constructor(socket: ShellSocket, parts: ShellParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#openTimer = parts.clock.setTimeout(() => {
      if (this.#state === 'waiting')
        this.close(new AppError('DEADLINE_EXCEEDED', `no 'open' within ${OPEN_MS / 1000} s`));
    }, OPEN_MS);
  }

  text(text: string): void {
    if (this.#state === 'closed') return;
    const frame = viewer.parseFrame(text);
    if (this.#state === 'waiting') {
      const open = readOpen(frame);
      if ('problem' in open) this.#refuse(open.id, new AppError('MESSAGE_MALFORMED', open.problem));
      else void this.#open(open);
      return;
    }
    const notice = readShellNotice(frame);
    if (notice === undefined || this.#stream === undefined)
      this.close(new AppError('MESSAGE_MALFORMED', 'a message is none that a shell understands'));
    else if (notice.kind === 'stdinClosed') this.#write({ input: { $case: 'stdinClosed', value: true } });
    else
      this.#write({ input: { $case: 'windowSize', value: { rows: notice.rows, columns: notice.columns } } });
  }

  binary(bytes: Uint8Array): void {
    if (this.#state === 'closed') return;
    if (this.#stream === undefined) this.close(new AppError('MESSAGE_MALFORMED', "input came before 'open'"));
    else if (bytes.length > stdinMax)
      this.close(
        new AppError('MESSAGE_TOO_LARGE', `input of ${bytes.length} bytes is larger than ${stdinMax}`),
      );
    else this.#write({ input: { $case: 'stdin', value: bytes } });
  }

  gone(): void {
    this.#over();
  }

  /** Tells why and ends. May be called twice. */
  close(error: AppError): void {
    if (this.#state === 'closed') return;
    this.#socket.send(
      JSON.stringify({ notify: 'closing', data: { code: error.code, message: error.message } }),
    );
    this.#over();
    this.#socket.close(4_000 + codes[error.code].http, error.code);
  }

  async #open(open: ShellOpen): Promise<void> {
    this.#openTimer.cancel();
    this.#state = 'opening';
    try {
      const stream = await this.#parts.dial(await this.#parts.authenticate(open.key));
      if (this.#closed()) {
        stream.cancel();
        return;
      }
      this.#begin(stream, open);
    } catch (error) {
      const reason = asAppError(error);
      if (reason.code === 'INTERNAL')
        this.#parts.log.error({ phone: this.#parts.phoneId, err: error }, 'a shell could not be opened');
      this.#refuse(open.id, reason);
    }
  }

  #begin(stream: ShellStream, { id, command, rows, columns }: ShellOpen): void {
    this.#state = 'open';
    this.#stream = stream;
    stream.on('data', (output) => this.#output(output));
    stream.on('drain', () => this.#socket.resume());
    stream.on('error', (error) =>
      this.close(fromGrpcError(error, `running a shell on phone ${this.#parts.phoneId}`)),
    );
    stream.on('end', () => this.close(new AppError('UNAVAILABLE', 'the shell has ended without a status')));
    const { phoneId } = this.#parts;
    this.#write({ input: { $case: 'start', value: { phoneId, command, windowSize: { rows, columns } } } });
    this.#socket.send(JSON.stringify({ id, ok: {} }));
  }

  #output({ output }: ShellOutput): void {
    if (output === undefined || this.#closed()) return;
    if (output.$case === 'exitCode') {
      this.#socket.send(JSON.stringify({ notify: 'exit', data: { code: output.value } }));
      this.#over();
      this.#socket.close(1000, 'exit');
      return;
    }
    this.#socket.send(Buffer.concat([Buffer.of(outputStream[output.$case]), output.value]));
    if (this.#socket.bufferedAmount > HIGH_WATER && this.#drain === undefined) {
      this.#stream?.pause();
      this.#waitForClient();
    }
  }

  /** ws tells of no drain: while the phone is held back the rest is looked at every 20 ms. */
  #waitForClient(): void {
    this.#drain = this.#parts.clock.setTimeout(() => {
      this.#drain = undefined;
      if (this.#socket.bufferedAmount > HIGH_WATER / 2) this.#waitForClient();
      else this.#stream?.resume();
    }, DRAIN_POLL_MS);
  }

  #write(input: ShellInput): void {
    if (this.#stream?.write(input) === false) this.#socket.pause();
  }

  #refuse(id: number | undefined, error: AppError): void {
    if (this.#closed()) return;
    if (id !== undefined)
      this.#socket.send(JSON.stringify({ id, error: { code: error.code, message: error.message } }));
    this.close(error);
  }

  #closed(): boolean {
    return this.#state === 'closed';
  }

  #over(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#openTimer.cancel();
    this.#drain?.cancel();
    this.#stream?.end();
    this.#stream?.cancel();
  }
}
