import { closeFd } from './libc.js';
import { connectSeqpacket, errorName, receivePacket, sendPacket } from './seqpacket.js';

/** A shim answers within its turn; one that does not is stopped, or its machine is. */
const ANSWER_MS = 1_000;
/** Between two looks for the answer, which mostly is there at the first: the shim runs on another core. */
const LOOK_MIN_MS = 1;
const LOOK_MAX_MS = 20;

export interface OpenByDoorOptions {
  /** Default 1,000. */
  readonly timeoutMs?: number;
  /** Gives up; rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Asks the door at `path` for a socket that is connected to the phone's abstract socket `name` (without the leading NUL). Answers its
 * descriptor, a SOCK_STREAM unix socket, which is the caller's: `new net.Socket({ fd })` takes it over.
 *
 * Errors, each with `code`: ECONNREFUSED nobody listens there in the phone (yet); EPERM the door gives no such name; EAGAIN the listener's
 * queue or the door is full; ESRCH the phone does not run; ETIMEDOUT the door does not answer; ENOENT, EACCES there is no door for this user; EMFILE this process has too many descriptors; EPROTO what
 * answers is no door.
 */
export async function openByDoor(
  path: string,
  name: string,
  options: OpenByDoorOptions = {},
): Promise<number> {
  const { timeoutMs = ANSWER_MS, signal } = options;
  signal?.throwIfAborted();
  const until = performance.now() + timeoutMs;
  const socket = connectSeqpacket(path);
  try {
    sendPacket(socket, Buffer.from(name));
    for (let restMs = 0; ; restMs = Math.min(LOOK_MAX_MS, Math.max(LOOK_MIN_MS, restMs * 2))) {
      await new Promise<void>((resolve) =>
        restMs === 0 ? setImmediate(resolve) : setTimeout(resolve, restMs),
      );
      signal?.throwIfAborted();
      const packet = receivePacket(socket);
      if (packet !== undefined) return answerOf(packet, name);
      if (performance.now() > until) throw doorError('ETIMEDOUT', name);
    }
  } catch (error) {
    // It hung up on us with the request unread, or before it: it has eight clients, or its shim is gone.
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ECONNRESET' || code === 'EPIPE' ? doorError('EAGAIN', name) : error;
  } finally {
    closeFd(socket);
  }
}

function answerOf(packet: NonNullable<ReturnType<typeof receivePacket>>, name: string): number {
  if (packet === 'end') throw doorError('EAGAIN', name);
  const { bytes, fd } = packet;
  const errno = bytes.length === 4 ? Buffer.from(bytes).readUInt32LE(0) : undefined;
  if (errno === 0 && fd !== undefined) return fd;
  if (fd !== undefined) closeFd(fd);
  throw doorError(errno === undefined || errno === 0 ? 'EPROTO' : errorName(errno), name);
}

function doorError(code: string, name: string): Error {
  return Object.assign(new Error(`${code}: asking a phone's door for ${name}`), { code });
}
