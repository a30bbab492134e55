import { connect } from 'node:net';
import type { Socket, TcpNetConnectOpts } from 'node:net';

/**
 * What all connections of this process are read into, one after the other: libuv reads, and calls back, within one step of the event loop.
 * Without it node makes 64 KiB for each read and cuts them down to what came; of a phone's answers to touches that is 24 bytes.
 */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

/** Who is told of what one socket reads. */
export interface Reading {
  /** `chunk` is valid during the call only. Set before anybody at the other end is spoken to. */
  take: (chunk: Uint8Array) => void;
}

/** A connection that emits no `data`: `reading` hears what comes. It may be paused and resumed. */
export function connectReading(options: TcpNetConnectOpts): { socket: Socket; reading: Reading } {
  const reading: Reading = { take: () => undefined };
  const callback = (size: number, bytes: Uint8Array): boolean => {
    // A plain array: Buffer's subarray takes longer, and whoever copies by slice() gets a view of it.
    reading.take(new Uint8Array(bytes.buffer, bytes.byteOffset, size));
    return true;
  };
  return { socket: connect({ ...options, onread: { buffer: shared, callback } }), reading };
}
