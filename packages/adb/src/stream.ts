import type { Duplex } from 'node:stream';
import type { Adb, AdbSocket } from '@yume-chan/adb';
import { AdbDuplex } from './adb-duplex.js';
import { within } from './deadline.js';
import type { Limits } from './deadline.js';
import { AdbError } from './errors.js';
import { wireOf } from './wire.js';

/** What openStream gives. */
export interface AdbStream extends Duplex {
  /**
   * As write, without its queue and its callback: true = the kernel has all of `bytes`, or a part and the rest waits at the socket; they may be
   * used again. False = nothing was sent, since something waits before it, or the phone or the kernel has no room: write() it. Absent where a stream cannot.
   */
  writeNow?(bytes: Uint8Array): boolean;
  /**
   * In place of `data` events, for good: hands over what waits, and then what comes in the turn in which it comes. The bytes lie in memory
   * that the next read of the connection writes over: they are valid during the call only. Node's queue makes a copy, two ticks and some
   * objects of each, which for a picture is a seventh of all it costs. Absent where a stream cannot.
   */
  deliverTo?(taker: (bytes: Uint8Array) => void): void;
}

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
): Promise<AdbStream> {
  const { timeoutMs = 10_000, retryMs, signal } = options;
  const what = `opening ${service} on ${adb.serial}`;
  const until = performance.now() + timeoutMs;
  let refusal: AdbError | undefined;
  for (;;) {
    const left = Math.max(1, Math.ceil(until - performance.now()));
    const limits: Limits = { timeoutMs: left, ...(signal === undefined ? {} : { signal }) };
    const wire = wireOf(adb);
    const stream = new AdbDuplex({
      service,
      send: wire.send,
      sendNow: wire.sendNow,
      dropLateWrites: options.dropLateWrites === true,
      maxPayload: adb.maxPayloadSize,
    });
    // With the final NUL that adb's own client sends: adbd reads the name of a local socket as a C string out of its receive
    // buffer (socket_spec.cpp socket_spec_connect), so without it the name may end in whatever lies behind.
    wire.table.claim(`${service}\0`, stream);
    try {
      const socket = await within(
        what,
        limits,
        attempt(adb, `${service}\0`, what),
        (late) => void late.close(),
      );
      stream.opened(async () => {
        await socket.close();
      });
      return stream;
    } catch (error) {
      // What still comes for it is dropped.
      stream.destroy();
      // Refused all the while: that the last answer is late says less than that.
      if (error instanceof AdbError && error.code === 'ADB_TIMEOUT') throw refusal ?? error;
      if (!(error instanceof AdbError) || error.code !== 'ADB_REFUSED') throw error;
      refusal = error;
      if (retryMs === undefined || performance.now() + retryMs >= until) throw error;
    }
    await within(what, limits, new Promise<void>((resolve) => setTimeout(resolve, retryMs)));
  }
}

/** An abstract unix socket of the phone; `name` without the leading NUL. See openStream. */
export function openLocalAbstract(
  adb: Adb,
  name: string,
  options: OpenStreamOptions = {},
): Promise<AdbStream> {
  return openStream(adb, `localabstract:${name}`, options);
}

/** The library forgets streams that are being opened when the connection ends; so that end is watched too. */
async function attempt(adb: Adb, service: string, what: string): Promise<AdbSocket> {
  const gone = (cause: unknown): AdbError =>
    new AdbError('ADB_CLOSED', `${what}: the connection ended`, { cause });
  const ended = Promise.withResolvers<never>();
  const unwatch = wireOf(adb).ending.watch((cause) => ended.reject(gone(cause)));
  try {
    return await Promise.race([adb.createSocket(service), ended.promise]);
  } catch (cause) {
    if (cause instanceof AdbError) throw cause;
    if (cause instanceof Error && cause.message === 'Socket open failed')
      throw new AdbError('ADB_REFUSED', `${what}: refused by the phone`, { cause });
    throw gone(cause);
  } finally {
    unwatch();
  }
}
