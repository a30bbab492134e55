import type { Socket } from 'node:net';
import { Adb, ADB_DAEMON_VERSION_OMIT_CHECKSUM, AdbBanner, AdbDaemonTransport } from '@yume-chan/adb';
import type { AdbCredentialStore } from '@yume-chan/adb';
import { authenticators } from './authenticate.js';
import { within } from './deadline.js';
import { Ending } from './ending.js';
import { AdbError } from './errors.js';
import { packetConnection } from './packet-connection.js';
import { connectReading, type Reading } from './reading.js';
import { attachWire, wireOf } from './wire.js';

export interface ConnectAdbOptions {
  readonly host: string;
  /** Default 5555. */
  readonly port?: number;
  readonly credentialStore: AdbCredentialStore;
  /** For TCP and handshake together, ms. Default 10,000. */
  readonly timeoutMs?: number;
  /** Aborts the connecting only; a connected Adb is ended by closeAdb(). */
  readonly signal?: AbortSignal;
  /** Serial for logs. Default `host:port`. */
  readonly serial?: string;
  /** Looks at the banner before anything is opened; throw or return false when it is not the phone that was meant. */
  readonly verify?: (banner: AdbBanner) => boolean;
  /**
   * Offer our public key when adbd knows none of ours: a real phone then asks its user, and the timeout is his.
   * Default false: ADB_UNAUTHORIZED at once.
   */
  readonly offerPublicKey?: boolean;
}

/**
 * What one stream may have on the way to us before we answer, where adbd knows delayed_ack (Android 14): the library's
 * 32 MiB would let one unread stream hold that much memory.
 */
const WINDOW = 4 << 20;

/**
 * Connects to an adbd on TCP without an adb server in between. TCP_NODELAY is on: every stream of the connection has it.
 *
 * All streams share this one connection; adbd answers each stream's data separately, so a stream that nobody reads
 * stops only itself, with at most 4 MiB held for it.
 *
 * @returns the library's Adb; `adb.disconnected` settles when the connection ends; closeAdb() ends it with all streams.
 * @throws AdbError ADB_REFUSED, ADB_UNAUTHORIZED, ADB_TIMEOUT, ADB_CLOSED, ADB_PROTOCOL, ADB_ABORTED
 */
export async function connectAdb(options: ConnectAdbOptions): Promise<Adb> {
  const { host, port = 5555, timeoutMs = 10_000, signal } = options;
  const what = `adb to ${host}:${port}`;
  const { socket, reading } = connectReading({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  });
  const limits = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
  try {
    return await within(what, limits, handshake(what, socket, reading, options), (late) => void late.close());
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/**
 * Ends a connection: its streams' closes are sent first; a phone that does not take them (paused, hung) is cut off after
 * `timeoutMs` (default 1,000). Never fails, may be called twice. adb.close() alone would wait for such a phone.
 */
export async function closeAdb(adb: Adb, timeoutMs = 1000): Promise<void> {
  try {
    await within(`closing adb to ${adb.serial}`, { timeoutMs }, adb.close());
  } catch {
    // Late, or closed before: either way only the socket is left.
  }
  wireOf(adb).cut();
}

async function handshake(
  what: string,
  socket: Socket,
  reading: Reading,
  options: ConnectAdbOptions,
): Promise<Adb> {
  const { host, port = 5555, credentialStore, serial = `${host}:${port}`, offerPublicKey = false } = options;
  await connected(what, socket);
  const packets = packetConnection(socket, reading);
  let transport: AdbDaemonTransport;
  try {
    transport = await AdbDaemonTransport.authenticate({
      serial,
      connection: packets.connection,
      credentialStore,
      authenticators: authenticators(offerPublicKey),
      initialDelayedAckBytes: WINDOW,
    });
  } catch (cause) {
    if (cause instanceof AdbError) throw new AdbError(cause.code, `${what}: ${cause.message}`, { cause });
    throw new AdbError('ADB_CLOSED', `${what}: closed during the handshake`, { cause });
  }
  // Handles its rejection too, which would end the process: nobody is obliged to watch it.
  const ending = new Ending(transport.disconnected);
  const adb = new Adb(transport);
  packets.checksums = transport.protocolVersion < ADB_DAEMON_VERSION_OMIT_CHECKSUM;
  const { table, send, sendNow } = packets;
  attachWire(adb, { table, send, sendNow, ending, cut: () => void socket.destroy() });
  if (transport.banner.state !== 'device')
    throw new AdbError(
      'ADB_PROTOCOL',
      `${what}: is in state ${transport.banner.state ?? 'unknown'}, not device`,
    );
  if (options.verify !== undefined && !options.verify(transport.banner))
    throw new AdbError(
      'ADB_PROTOCOL',
      `${what}: answers as ${describe(transport.banner)}, not as the phone meant`,
    );
  return adb;
}

function connected(what: string, socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: Error): void => {
      const text = 'code' in cause ? String(cause.code) : cause.message;
      const code = text === 'ETIMEDOUT' ? 'ADB_TIMEOUT' : 'ADB_REFUSED';
      reject(new AdbError(code, `${what}: ${text}`, { cause }));
    };
    const onClose = (): void => reject(new AdbError('ADB_CLOSED', `${what}: given up`));
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once('connect', () => {
      socket.off('error', onError);
      socket.off('close', onClose);
      resolve();
    });
  });
}

const describe = (banner: AdbBanner): string =>
  [banner.product, banner.model, banner.device].map((part) => part ?? '?').join('/');
