import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Adb } from '@yume-chan/adb';
import { within } from './deadline.js';
import type { Limits } from './deadline.js';
import { AdbError } from './errors.js';
import { openStream } from './stream.js';

/** Sync protocol v1 (AOSP adb/SYNC.TXT, file_sync_protocol.h): 4 ASCII characters, u32 LE, data. All adbds speak it. */
const SYNC_DATA_MAX = 64 * 1024;
const PATH_MAX = 1024;

export interface PushFileOptions extends Limits {
  /** Absolute path on the phone; directories are made, an existing file is replaced. */
  readonly path: string;
  /** Content; a stream is read only as fast as the phone takes it. */
  readonly source: Uint8Array | AsyncIterable<Uint8Array>;
  /** Permission bits; default 0o644. */
  readonly mode?: number;
  /** Unix time, s; default now. */
  readonly mtime?: number;
  /** Most bytes taken from `source`, else ADB_TOO_LARGE (a part may then stand on the phone). Default no limit. */
  readonly maxBytes?: number;
}

/**
 * Writes a file on the phone. @returns bytes written.
 * @param options.timeoutMs for everything; default no limit. @throws AdbError ADB_FILE (with the phone's words),
 *   ADB_TOO_LARGE, ADB_TIMEOUT, ADB_ABORTED, ADB_CLOSED; errors of `source` pass through
 */
export async function pushFile(adb: Adb, options: PushFileOptions): Promise<number> {
  const what = `pushing ${options.path} to ${adb.serial}`;
  const stream = await openStream(adb, 'sync:', startLimits(options));
  stream.on('error', () => undefined);
  try {
    return await within(what, options, send(what, stream, options));
  } finally {
    stream.destroy();
  }
}

async function send(what: string, stream: Duplex, options: PushFileOptions): Promise<number> {
  const { path, source, mode = 0o644, mtime = Math.floor(Date.now() / 1000), maxBytes = Infinity } = options;
  const answer = readAnswer(what, stream);
  // Watched from the start: the phone may refuse while we are still sending.
  let refused: unknown;
  answer.catch((error: unknown) => {
    refused = error;
  });
  const put = async (id: string, value: number, data?: Uint8Array): Promise<void> => {
    if (refused !== undefined) throw refused;
    const head = Buffer.allocUnsafe(8);
    head.write(id, 0, 'latin1');
    head.writeUInt32LE(value, 4);
    if (!stream.write(data === undefined ? head : Buffer.concat([head, data])))
      await Promise.race([once(stream, 'drain'), answer]);
  };
  const target = Buffer.from(`${path},${0o100000 | mode}`);
  if (target.length > PATH_MAX)
    throw new AdbError('ADB_FILE', `${what}: the path is longer than ${PATH_MAX} bytes`);
  await put('SEND', target.length, target);
  let sent = 0;
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    sent += chunk.length;
    if (sent > maxBytes) throw new AdbError('ADB_TOO_LARGE', `${what}: more than ${maxBytes} bytes`);
    for (let at = 0; at < chunk.length; at += SYNC_DATA_MAX) {
      const part = chunk.subarray(at, at + SYNC_DATA_MAX);
      await put('DATA', part.length, part);
    }
  }
  await put('DONE', mtime);
  await answer;
  return sent;
}

async function readAnswer(what: string, stream: Duplex): Promise<void> {
  const reader = new ExactReader(what, stream);
  const head = await reader.read(8);
  if (head.toString('latin1', 0, 4) !== 'OKAY') await fail(what, reader, head);
}

export interface PullFileOptions extends Limits {
  /** Absolute path on the phone. */
  readonly path: string;
  /** Most bytes, else ADB_TOO_LARGE. Default no limit. */
  readonly maxBytes?: number;
}

/**
 * Reads a file of the phone, as it comes; the phone waits while nobody takes the next piece. Leaving the loop early
 * closes the stream. @param options.timeoutMs between two pieces; default no limit
 * @throws AdbError as pushFile
 */
export async function* pullFile(adb: Adb, options: PullFileOptions): AsyncGenerator<Buffer, void, void> {
  const { path, maxBytes = Infinity } = options;
  const what = `pulling ${path} from ${adb.serial}`;
  const target = Buffer.from(path);
  if (target.length > PATH_MAX)
    throw new AdbError('ADB_FILE', `${what}: the path is longer than ${PATH_MAX} bytes`);
  const stream = await openStream(adb, 'sync:', startLimits(options));
  stream.on('error', () => undefined);
  try {
    const head = Buffer.from('RECV\0\0\0\0', 'latin1');
    head.writeUInt32LE(target.length, 4);
    stream.write(Buffer.concat([head, target]));
    const reader = new ExactReader(what, stream);
    let size = 0;
    for (;;) {
      const piece = await within(what, options, nextPiece(what, reader));
      if (piece === undefined) return;
      size += piece.length;
      if (size > maxBytes) throw new AdbError('ADB_TOO_LARGE', `${what}: more than ${maxBytes} bytes`);
      yield piece;
    }
  } finally {
    stream.destroy();
  }
}

async function nextPiece(what: string, reader: ExactReader): Promise<Buffer | undefined> {
  const head = await reader.read(8);
  const id = head.toString('latin1', 0, 4);
  if (id === 'DONE') return undefined;
  const length = head.readUInt32LE(4);
  if (id !== 'DATA') return fail(what, reader, head);
  if (length > SYNC_DATA_MAX) throw new AdbError('ADB_PROTOCOL', `${what}: a sync packet of ${length} bytes`);
  return reader.read(length);
}

async function fail(what: string, reader: ExactReader, head: Buffer): Promise<never> {
  const length = head.readUInt32LE(4);
  if (head.toString('latin1', 0, 4) !== 'FAIL' || length > SYNC_DATA_MAX)
    throw new AdbError(
      'ADB_PROTOCOL',
      `${what}: the phone answers ${JSON.stringify(head.toString('latin1', 0, 4))}`,
    );
  throw new AdbError('ADB_FILE', `${what}: ${(await reader.read(length)).toString('utf8')}`);
}

/** Opening the stream has its own default deadline unless the caller set a tighter one. */
function startLimits({ timeoutMs, signal }: Limits): Limits {
  return { timeoutMs: Math.min(timeoutMs ?? 10_000, 10_000), ...(signal === undefined ? {} : { signal }) };
}

/** Reads exact lengths from a stream that nobody else reads. */
class ExactReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(
    readonly what: string,
    stream: Duplex,
  ) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async read(length: number): Promise<Buffer> {
    const parts = [this.#held];
    let have = this.#held.length;
    while (have < length) {
      const { done, value } = await this.#chunks.next();
      if (done === true) throw new AdbError('ADB_CLOSED', `${this.what}: the phone closed the stream`);
      parts.push(value);
      have += value.length;
    }
    const all = parts.length === 1 ? this.#held : Buffer.concat(parts);
    this.#held = all.subarray(length);
    return all.subarray(0, length);
  }
}
