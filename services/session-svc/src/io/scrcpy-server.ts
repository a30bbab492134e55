import type { Duplex } from 'node:stream';
import type { AdbStream } from '@ancloud/adb';
import { AppError } from '@ancloud/kit';
import { buildServerCommand, createPreambleParser, serverSocketName } from '@ancloud/scrcpy-wire';
import type { ScrcpyVersion } from '@ancloud/scrcpy-wire';
import type { ShellProcess } from '@ancloud/adb';
import type { NamedServer } from '../core/stream-options.js';
import { phoneError } from '../errors.js';
import type { PhoneLink } from './phone-link.js';

/** scrcpy's own client tries every 100 ms for 10 s (app/src/server.c); asking costs adbd next to nothing, so ours is quicker. */
const CONNECT_RETRY_MS = 20;
/** app_process takes 0.3 s to start on a fast machine, several on a loaded one. */
const START_MS = 15_000;
/** What the server printed last, kept for the error message. */
const WORDS_MAX = 2_000;

export interface ScrcpyServerOptions {
  readonly link: PhoneLink;
  readonly jarPath: string;
  readonly version: ScrcpyVersion;
  /** Must name an scid that no other server of the phone has, and use the forward tunnel. */
  readonly options: NamedServer;
  readonly signal: AbortSignal;
}

/** One running server: a process in the phone and the sockets of its one client, us. */
export interface ScrcpyServer {
  readonly deviceName: string;
  /** Present when asked for, positioned at the codec id. */
  readonly video: AdbStream | undefined;
  readonly audio: AdbStream | undefined;
  readonly control: AdbStream;
  /** Resolves when the process has ended. Never rejects. */
  readonly exited: Promise<string>;
  /** Closes the sockets, upon which the server ends by itself, and hangs its process up. May be called twice. */
  close(): void;
}

/**
 * Starts a server: a race between "the process ended" and "all sockets are there". Whatever the outcome, nothing is left
 * open except what is returned.
 *
 * Errors: SCRCPY_FAILED with the server's own words, ADB_*.
 */
export async function startScrcpyServer(given: ScrcpyServerOptions): Promise<ScrcpyServer> {
  const { link, version, options } = given;
  const doing = `starting scrcpy ${version.text} (scid ${options.scid.toString(16)})`;
  const release = new AbortController();
  const signal = AbortSignal.any([given.signal, release.signal]);
  const words = new LastWords();
  const sockets: Duplex[] = [];
  let process: ShellProcess | undefined;
  const close = (): void => {
    release.abort();
    for (const socket of sockets) socket.destroy();
    process?.close();
  };
  try {
    process = await link.startShell(buildServerCommand(given.jarPath, version, options).join(' '), {
      onStdout: (bytes) => words.add(bytes),
      onStderr: (bytes) => words.add(bytes),
      timeoutMs: START_MS,
      signal,
    });
    const exited = process.exited.then(
      (code) => `exit code ${code}: ${words.text}`,
      () => `its shell was closed: ${words.text}`,
    );
    const failed = exited.then((how) => {
      throw new AppError('SCRCPY_FAILED', `${doing}: ${how}`, {
        fix: 'compare ANCLOUD_SCRCPY_VERSION with the file',
      });
    });
    const connected = connect(link, options, sockets, signal);
    // Only one of the two is awaited to its end; the other's failure is then no news.
    failed.catch(() => undefined);
    connected.catch(() => undefined);
    const { deviceName, video, audio, control } = await Promise.race([connected, failed]);
    return { deviceName, video, audio, control, exited, close };
  } catch (error) {
    close();
    throw phoneError(doing, error);
  }
}

type Connected = Pick<ScrcpyServer, 'deviceName' | 'video' | 'audio' | 'control'>;

/** The server accepts video, audio, control in this order, the enabled ones, and answers on the first when all are there. */
async function connect(
  link: PhoneLink,
  options: NamedServer,
  sockets: Duplex[],
  signal: AbortSignal,
): Promise<Connected> {
  const name = serverSocketName(options.scid);
  const open = async (): Promise<AdbStream> => {
    const socket = await link.openSocket(name, { retryMs: CONNECT_RETRY_MS, timeoutMs: START_MS, signal });
    // Errors end in 'close', which whoever uses the socket watches; without a listener they would end the process.
    socket.on('error', () => undefined);
    sockets.push(socket);
    if (signal.aborted) socket.destroy();
    return socket;
  };
  const video = options.video === false ? undefined : await open();
  const audio = options.audio === false ? undefined : await open();
  const control = await open();
  const deviceName = await readPreamble(video ?? audio ?? control, signal);
  return { deviceName, video, audio, control };
}

/** Takes exactly the preamble; what follows stays in the stream. */
function readPreamble(socket: Duplex, signal: AbortSignal): Promise<string> {
  const parser = createPreambleParser({ dummyByte: true, deviceMeta: true });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => done(new AppError('SCRCPY_FAILED', 'the server did not greet in time')),
      START_MS,
    );
    const done = (error?: unknown, name = ''): void => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('close', onClose);
      signal.removeEventListener('abort', onClose);
      socket.pause();
      if (error === undefined) resolve(name);
      else reject(error);
    };
    const onClose = (): void =>
      done(new AppError('SCRCPY_FAILED', 'the server closed its socket before greeting'));
    const onData = (chunk: Buffer): void => {
      try {
        const found = parser.push(chunk);
        if (found === undefined) return;
        done(undefined, found.preamble.deviceName ?? '');
        if (found.rest.length > 0) socket.unshift(found.rest);
      } catch (error) {
        done(error);
      }
    };
    socket.on('data', onData);
    socket.once('close', onClose);
    signal.addEventListener('abort', onClose, { once: true });
  });
}

/** The end of what a process printed, as one line of printable text. */
class LastWords {
  #text = '';

  add(bytes: Uint8Array): void {
    this.#text = (this.#text + Buffer.from(bytes).toString('utf8')).slice(-WORDS_MAX);
  }

  get text(): string {
    return this.#text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim() || 'it said nothing';
  }
}
