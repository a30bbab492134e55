import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { AdbError, type OpenStreamOptions, type PullFileOptions, type PushFileOptions } from '@ancloud/adb';
import type { RunShellOptions, ShellProcess, ShellResult, StartShellOptions } from '@ancloud/adb';
import type { PhoneLink } from './phone-link.js';

/** One scrcpy server process: testkit's FakePhone fits. */
export interface FakeServer {
  readonly port: number;
  close(): Promise<void>;
}

/** How a server process was started: key=value behind the class name. */
export interface FakeStart {
  readonly version: string;
  readonly scid: string;
  readonly options: ReadonlyMap<string, string>;
}

/**
 * For specs: a phone behind adb, without adb. Its shell starts scrcpy servers by the exact command line, its abstract
 * sockets lead to them, and its other commands answer what the spec says.
 */
export class FakeDevice<S extends FakeServer> {
  /** Every server that was started, oldest first. */
  readonly servers: { readonly start: FakeStart; readonly server: S }[] = [];
  readonly commands: string[] = [];
  readonly files = new Map<string, Buffer>();
  /** Of each command that was opened, oldest first, what it was given. */
  readonly written: { readonly command: string; readonly chunks: readonly Buffer[] }[] = [];
  /** Whether opening a command fails. */
  refuses: (command: string) => boolean = () => false;
  /** Scids whose process runs. */
  readonly running = new Map<string, { readonly server: S; end(code: number): void }>();
  /** Answers a command; undefined = exit code 127. */
  answer: (command: string) => string | Partial<ShellResult> | undefined = () => undefined;
  /** Words a server process prints before it ends at once, instead of serving. */
  refusal: string | undefined;
  /** Links made so far, and those that are open. */
  connects = 0;
  readonly links = new Set<FakeLink<S>>();

  constructor(readonly launch: (start: FakeStart) => Promise<S>) {}

  connect(): FakeLink<S> {
    this.connects += 1;
    const link = new FakeLink(this);
    this.links.add(link);
    return link;
  }

  /** The newest server that was started with this option. */
  newest(option: string, value: string): S {
    const found = this.servers.findLast(({ start }) => start.options.get(option) === value);
    if (found === undefined) throw new Error(`no server was started with ${option}=${value}`);
    return found.server;
  }

  async close(): Promise<void> {
    for (const link of this.links) link.close();
    for (const { server } of this.servers) await server.close();
  }
}

export class FakeLink<S extends FakeServer> implements PhoneLink {
  readonly closed: Promise<void>;
  readonly sockets = new Set<Duplex>();
  /** Commands that run. */
  readonly commands = new Set<Duplex>();
  #isClosed = false;
  #resolve: () => void = () => undefined;

  constructor(readonly device: FakeDevice<S>) {
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  async openSocket(name: string, { retryMs, timeoutMs = 5_000, signal }: OpenStreamOptions): Promise<Duplex> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      this.#check();
      signal?.throwIfAborted();
      const server = this.device.running.get(name.replace('scrcpy_', ''))?.server;
      if (server !== undefined) {
        const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
        await new Promise<void>((resolve, reject) => {
          socket.once('connect', resolve);
          socket.once('error', reject);
        });
        this.sockets.add(socket);
        socket.once('close', () => this.sockets.delete(socket));
        return Object.assign(socket, { deliverTo: lend.bind(undefined, socket) });
      }
      if (retryMs === undefined || performance.now() > until)
        throw new AdbError('ADB_REFUSED', `${name}: refused`);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  /** As the phone's own programs would take it: kept per command, in `device.written`. */
  async openCommand(command: string): Promise<Duplex> {
    this.#check();
    this.device.commands.push(command);
    const refusal = this.device.refuses(command);
    if (refusal) throw new AdbError('ADB_REFUSED', `${command}: refused`);
    const chunks: Buffer[] = [];
    this.device.written.push({ command, chunks });
    const stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _, done) => {
        chunks.push(Buffer.from(chunk));
        done();
      },
    });
    this.commands.add(stream);
    stream.once('close', () => this.commands.delete(stream));
    return Promise.resolve(stream);
  }

  async startShell(command: string, options: StartShellOptions): Promise<ShellProcess> {
    this.#check();
    this.device.commands.push(command);
    const words = command.split(' ');
    const at = words.indexOf('com.genymobile.scrcpy.Server');
    if (at < 0) return this.#ordinary(command, options);
    const pairs = words.slice(at + 2).map((word) => word.split('=', 2) as [string, string]);
    const start: FakeStart = {
      version: words[at + 1] ?? '',
      scid: pairs.find(([key]) => key === 'scid')?.[1] ?? '',
      options: new Map(pairs),
    };
    const jar = words.find((word) => word.startsWith('CLASSPATH='))?.slice('CLASSPATH='.length) ?? '';
    const { refusal } = this.device;
    if (refusal !== undefined || !this.device.files.has(jar)) {
      void options.onStderr(Buffer.from(refusal ?? `no such file ${jar}`));
      return processOf(Promise.resolve(1));
    }
    const server = await this.device.launch(start);
    this.device.servers.push({ start, server });
    const { promise: exited, resolve } = Promise.withResolvers<number>();
    const end = (code: number): void => {
      if (!this.device.running.delete(start.scid)) return;
      void server.close().then(() => resolve(code));
    };
    this.device.running.set(start.scid, { server, end });
    void this.closed.then(() => end(129));
    return processOf(exited, () => end(129));
  }

  async runShell(
    command: string,
    { maxStdout = Infinity, signal }: RunShellOptions = {},
  ): Promise<ShellResult> {
    this.#check();
    signal?.throwIfAborted();
    this.device.commands.push(command);
    const said = this.device.answer(command);
    const result = typeof said === 'string' ? { stdout: Buffer.from(said) } : said;
    const whole: ShellResult = {
      exitCode: result === undefined ? 127 : 0,
      stdout: Buffer.alloc(0),
      stderr: Buffer.alloc(0),
      ...result,
    };
    if (whole.stdout.length > maxStdout) throw new AdbError('ADB_TOO_LARGE', command);
    await Promise.resolve();
    return whole;
  }

  async push({ path, source, maxBytes = Infinity, signal }: PushFileOptions): Promise<number> {
    this.#check();
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of source instanceof Uint8Array ? [source] : source) {
      signal?.throwIfAborted();
      size += part.length;
      if (size > maxBytes) throw new AdbError('ADB_TOO_LARGE', `${path}: more than ${maxBytes} bytes`);
      parts.push(part);
    }
    if (path.startsWith('/system/')) throw new AdbError('ADB_FILE', `${path}: Read-only file system`);
    this.device.files.set(path, Buffer.concat(parts));
    return size;
  }

  async *pull({ path }: PullFileOptions): AsyncGenerator<Uint8Array, void, void> {
    this.#check();
    await Promise.resolve();
    const bytes = this.device.files.get(path);
    if (bytes === undefined) throw new AdbError('ADB_FILE', `${path}: No such file or directory`);
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.device.links.delete(this);
    for (const stream of [...this.sockets, ...this.commands]) stream.destroy();
    this.#resolve();
  }

  async #ordinary(command: string, { onStdout, onStderr }: StartShellOptions): Promise<ShellProcess> {
    const { exitCode, stdout, stderr } = await this.runShell(command);
    const exited = (async () => {
      if (stdout.length > 0) await onStdout(stdout);
      if (stderr.length > 0) await onStderr(stderr);
      return exitCode;
    })();
    return processOf(exited);
  }

  #check(): void {
    if (this.#isClosed) throw new AdbError('ADB_CLOSED', 'the connection ended');
  }
}

/** A codec id, a session, a configuration: what comes at once at a start is cut behind them, as a phone's encoder sends its picture later. */
const FIRST_PIECE = 64;

/** As adb's streams do: what is kept of the bytes is something else a moment later. */
function lend(socket: Duplex, taker: (bytes: Uint8Array) => void): void {
  let piece = FIRST_PIECE;
  socket.on('data', (chunk: Buffer) => {
    for (const part of [chunk.subarray(0, piece), chunk.subarray(piece)]) {
      taker(part);
      part.fill(0xee);
    }
    piece = 0;
  });
  socket.resume();
}

function processOf(exited: Promise<number>, close: () => void = () => undefined): ShellProcess {
  const done = async (): Promise<void> => undefined;
  return { exited, write: done, endStdin: done, resize: done, close };
}
