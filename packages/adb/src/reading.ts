import { connect, Socket } from 'node:net';
import type { OnReadOpts, TcpNetConnectOpts } from 'node:net';

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

interface ReadSocket {
  readonly socket: Socket;
  readonly reading: Reading;
}

/** A connection that emits no `data`: `reading` hears what comes. It may be paused and resumed. */
export function connectReading(options: TcpNetConnectOpts): ReadSocket {
  return read((onread) => connect({ ...options, onread }));
}

/** The same of a connected stream socket, which is node's from then on. Throws for what is none. */
export function adoptReading(fd: number): ReadSocket {
  return read((onread) => {
    // @types/node has `onread` for connections only; lib/net.js takes it with a descriptor as well.
    const options = { fd, readable: true, writable: true, onread };
    return new Socket(options);
  });
}

function read(open: (onread: OnReadOpts) => Socket): ReadSocket {
  const reading: Reading = { take: () => undefined };
  const callback = (size: number, bytes: Uint8Array): boolean => {
    // A plain array: Buffer's subarray takes longer, and whoever copies by slice() gets a view of it.
    reading.take(new Uint8Array(bytes.buffer, bytes.byteOffset, size));
    return true;
  };
  return { socket: open({ buffer: shared, callback }), reading };
}
