import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Adb } from '@yume-chan/adb';
import { AdbFeature } from '@yume-chan/adb';
import { within } from './deadline.js';
import type { Limits } from './deadline.js';
import { AdbError } from './errors.js';
import { ShellPackets, shellPacket, ShellId } from './shell-protocol.js';
import { openStream } from './stream.js';

/** A command that runs on the phone; owned by the caller, who closes it or lets it end. */
export interface ShellProcess {
  /**
   * Ends with the command; rejects with ADB_CLOSED when the stream ended without an exit status. Handled inside, so
   * an unwatched rejection is harmless.
   */
  readonly exited: Promise<number>;
  /** Bytes to the command's stdin; resolves when adbd has them. */
  write(stdin: Uint8Array): Promise<void>;
  /** Closes the command's stdin. */
  endStdin(): Promise<void>;
  /** Rows and columns of the terminal; only with pty. */
  resize(rows: number, columns: number): Promise<void>;
  /** Ends the stream: adbd hangs the command up. May be called twice. */
  close(): void;
}

export interface StartShellOptions extends Limits {
  /**
   * Output as it comes, in order. While a returned promise is pending nothing more is read: back-pressure reaches the
   * command. The bytes belong to the callee.
   */
  readonly onStdout: (bytes: Uint8Array) => void | Promise<void>;
  readonly onStderr: (bytes: Uint8Array) => void | Promise<void>;
  /** With a terminal of this type (e.g. xterm-256color); then stderr is part of stdout. Default: none. */
  readonly terminal?: string;
}

/**
 * Starts a command through shell protocol v2 (Android 7 and newer). `timeoutMs` (default 10,000) and `signal` are for
 * the start only. @throws AdbError ADB_PROTOCOL when the phone lacks shell_v2; else as openStream
 */
export async function startShell(
  adb: Adb,
  command: string,
  options: StartShellOptions,
): Promise<ShellProcess> {
  if (!adb.canUseFeature(AdbFeature.ShellV2))
    throw new AdbError('ADB_PROTOCOL', `${adb.serial} lacks shell_v2; it needs Android 7 or newer`);
  const mode = options.terminal === undefined ? 'raw' : `TERM=${options.terminal},pty`;
  const stream = await openStream(adb, `shell,v2,${mode}:${command}`, { ...options, dropLateWrites: true });
  const exited = pump(stream, options).finally(() => stream.destroy());
  exited.catch(() => undefined);
  const send = async (id: number, data: Uint8Array): Promise<void> => {
    if (!stream.write(shellPacket(id, data)) && !stream.destroyed)
      await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
    if (stream.destroyed) throw new AdbError('ADB_CLOSED', `${adb.serial}: the command has ended`);
  };
  return {
    exited,
    write: (stdin) => send(ShellId.Stdin, stdin),
    endStdin: () => send(ShellId.CloseStdin, new Uint8Array(0)),
    // adb/shell_protocol.h kIdWindowSizeChange: "rows x cols, x pixels x y pixels" as text.
    resize: (rows, columns) => send(ShellId.WindowSize, Buffer.from(`${rows}x${columns},0x0\0`)),
    close: () => void stream.destroy(),
  };
}

async function pump(stream: Duplex, { onStdout, onStderr }: StartShellOptions): Promise<number> {
  let exit: number | undefined;
  const parser = new ShellPackets();
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      for (const { id, data } of parser.push(chunk)) {
        if (id === ShellId.Stdout) await onStdout(data);
        else if (id === ShellId.Stderr) await onStderr(data);
        else if (id === ShellId.Exit) exit = data[0];
      }
      if (exit !== undefined) return exit;
    }
  } catch (error) {
    if (exit === undefined) throw error;
  }
  if (exit !== undefined) return exit;
  throw new AdbError('ADB_CLOSED', 'the command ended without an exit status');
}

export interface RunShellOptions extends Limits {
  /** Most bytes of each output, else ADB_TOO_LARGE and the command is hung up. Default 1 MiB. */
  readonly maxStdout?: number;
  readonly maxStderr?: number;
  /** Given to the command's stdin, which is then closed. Default: closed at once. */
  readonly stdin?: Uint8Array;
}

export interface ShellResult {
  /** 0-255. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/**
 * Runs a command to its end. `command` goes through the phone's shell: quote with shellQuote what must not be split.
 * @param options.timeoutMs for everything, default 10,000; then the command is hung up
 * @throws AdbError ADB_TIMEOUT, ADB_TOO_LARGE, ADB_ABORTED; else as startShell. A non-zero exit is no error.
 */
export async function runShell(
  adb: Adb,
  command: string,
  options: RunShellOptions = {},
): Promise<ShellResult> {
  const { timeoutMs = 10_000, signal, maxStdout = 1 << 20, maxStderr = 1 << 20, stdin } = options;
  const what = `${JSON.stringify(command.slice(0, 80))} on ${adb.serial}`;
  const limits: Limits = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
  const until = performance.now() + timeoutMs;
  const collect = (name: string, max: number): { add(bytes: Uint8Array): void; all(): Buffer } => {
    const parts: Uint8Array[] = [];
    let size = 0;
    return {
      add(bytes) {
        size += bytes.length;
        if (size > max) throw new AdbError('ADB_TOO_LARGE', `${what}: more than ${max} bytes of ${name}`);
        parts.push(bytes);
      },
      all: () => Buffer.concat(parts),
    };
  };
  const out = collect('stdout', maxStdout);
  const err = collect('stderr', maxStderr);
  const process = await startShell(adb, command, {
    ...limits,
    onStdout: (bytes) => out.add(bytes),
    onStderr: (bytes) => err.add(bytes),
  });
  try {
    const left = Math.max(1, Math.ceil(until - performance.now()));
    const feed = async (): Promise<number> => {
      // A command may end without reading its stdin: that is no error of ours.
      if (stdin !== undefined) await process.write(stdin).catch(() => undefined);
      await process.endStdin().catch(() => undefined);
      return process.exited;
    };
    const exitCode = await within(what, { ...limits, timeoutMs: left }, feed());
    return { exitCode, stdout: out.all(), stderr: err.all() };
  } finally {
    process.close();
  }
}

/** One word for the phone's shell: in single quotes, a quote inside as '\''. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
