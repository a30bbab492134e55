import {
  AdbError,
  closeAdb,
  connectAdb,
  openLocalAbstract,
  openStream,
  pullFile,
  pushFile,
  runShell,
  startShell,
  type Adb,
  type AdbKeyStore,
  type AdbStream,
  type OpenStreamOptions,
  type PullFileOptions,
  type PushFileOptions,
  type RunShellOptions,
  type ShellProcess,
  type ShellResult,
  type StartShellOptions,
} from '@ancloud/adb';
import { AppError, type Log, retry } from '@ancloud/kit';
import { phoneError } from '../errors.js';
import { PhoneDoor, type SocketWish } from './phone-door.js';
import type { SessionMetrics } from './session-metrics.js';

/** Everything a session asks of a phone. One connection; whoever made it closes it, and with it all its streams. */
export interface PhoneLink {
  /** Resolves when the connection has ended, for whatever reason. Never rejects. */
  readonly closed: Promise<void>;
  /** An abstract socket of the phone: by its door where it has one, else by adb. */
  openSocket(name: string, wish: SocketWish): Promise<AdbStream>;
  /** A command's stdin and stdout as they are, without its exit status. */
  openCommand(command: string, options: OpenStreamOptions): Promise<AdbStream>;
  startShell(command: string, options: StartShellOptions): Promise<ShellProcess>;
  runShell(command: string, options?: RunShellOptions): Promise<ShellResult>;
  push(options: PushFileOptions): Promise<number>;
  pull(options: PullFileOptions): AsyncGenerator<Uint8Array, void, void>;
  /** May be called twice. */
  close(): void;
}

export interface PhoneAddress {
  readonly host: string;
  readonly port: number;
  /** Path of the unix socket that gives the phone's own ones; empty when it has none. */
  readonly door: string;
}

/** Makes a link to the phone that listens at `address`; tests hand in their own. */
export type ConnectPhone = (
  phoneId: string,
  address: PhoneAddress,
  signal: AbortSignal,
) => Promise<PhoneLink>;

/** The property container-svc gives each phone as `androidboot.ancloud_phone`. */
const IDENTITY = 'ro.boot.ancloud_phone';
const CONNECT_MS = 5_000;
/** Where installations put their copy of the APK; tells whose it is. */
export const INSTALL_PREFIX = '/data/local/tmp/ancloud-install-';

/**
 * Connects by adb and makes sure that the phone is the one that was meant: addresses are used again.
 * Errors of the returned function: ADB_REFUSED (also for another phone), ADB_UNAUTHORIZED, ADB_TIMEOUT, ADB_CLOSED.
 */
export function adbConnector(
  keyStore: AdbKeyStore,
  metrics: Pick<SessionMetrics, 'socketsOpened'>,
  log: Log,
): ConnectPhone {
  return async (phoneId, { door: path, ...address }, signal) => {
    const doing = `connecting to phone ${phoneId} at ${address.host}:${address.port}`;
    let adb: Adb;
    try {
      adb = await connectAdb({
        ...address,
        credentialStore: keyStore,
        timeoutMs: CONNECT_MS,
        signal,
        serial: phoneId,
      });
    } catch (error) {
      throw phoneError(doing, error);
    }
    const door = new PhoneDoor(path, log.child({ phone: phoneId }));
    const link = new AdbLink(adb, door, (way) => metrics.socketsOpened.inc({ way }));
    try {
      // APKs that a killed session-svc left behind go in the same round trip: no installation runs before there is a link.
      const command = `getprop ${IDENTITY}; rm -f ${INSTALL_PREFIX}*.apk`;
      const { stdout } = await link.runShell(command, { timeoutMs: CONNECT_MS, signal });
      const found = stdout.toString('utf8').trim();
      if (found !== phoneId)
        throw new AppError('ADB_REFUSED', `${doing}: another phone answers there`, {
          field: IDENTITY,
          value: found,
          fix: 'nothing to do: it is tried again when the host tells the new address',
        });
      return link;
    } catch (error) {
      link.close();
      throw phoneError(doing, error);
    }
  };
}

class AdbLink implements PhoneLink {
  readonly #adb: Adb;
  readonly #door: PhoneDoor;
  readonly #opened: (way: 'door' | 'adb') => void;
  readonly closed: Promise<void>;
  #ended = false;

  constructor(adb: Adb, door: PhoneDoor, opened: (way: 'door' | 'adb') => void) {
    this.#adb = adb;
    this.#door = door;
    this.#opened = opened;
    const done = (): void => {
      this.#ended = true;
      // A phone that has left takes its sockets along, however they were made.
      door.close();
    };
    this.closed = adb.disconnected.then(done, done);
  }

  async openSocket(name: string, wish: SocketWish): Promise<AdbStream> {
    const began = performance.now();
    const straight = await this.#door.open(name, wish);
    if (straight !== undefined) {
      this.#opened('door');
      return straight;
    }
    const leftMs = wish.timeoutMs - (performance.now() - began);
    const stream = await openLocalAbstract(this.#adb, name, { ...wish, timeoutMs: Math.max(1, leftMs) });
    this.#door.adbHad();
    this.#opened('adb');
    return stream;
  }
  openCommand(command: string, options: OpenStreamOptions): Promise<AdbStream> {
    return openStream(this.#adb, `exec:${command}`, options);
  }
  startShell(command: string, options: StartShellOptions): Promise<ShellProcess> {
    return startShell(this.#adb, command, options);
  }
  /**
   * Once more when the stream was closed before the exit status came: a command that ends at once races with the end of
   * its stdin. All commands given here may run twice.
   */
  runShell(command: string, options?: RunShellOptions): Promise<ShellResult> {
    return retry(() => runShell(this.#adb, command, options), {
      tries: 3,
      minMs: 10,
      retryable: (error) => error instanceof AdbError && error.code === 'ADB_CLOSED' && !this.#ended,
    });
  }
  push(options: PushFileOptions): Promise<number> {
    return pushFile(this.#adb, options);
  }
  pull(options: PullFileOptions): AsyncGenerator<Uint8Array, void, void> {
    return pullFile(this.#adb, options);
  }
  close(): void {
    this.#door.close();
    // Its rejection tells only that the connection had ended before.
    closeAdb(this.#adb).catch(() => undefined);
  }
}
