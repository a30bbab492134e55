import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type AdbStream, sendNow } from '@ancloud/adb';

/**
 * What all sockets of doors are read into, one after the other: libuv reads, and calls back, within one step of the event loop. As
 * packages/adb does with its connections.
 */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * A socket of the phone that its door gave, with what a stream of adb has. What is not read stays in the kernel, and then the phone waits;
 * a write waits while the kernel has no room. end() tells the phone that no more comes; it is closed when the phone has closed too, or by destroy().
 */
export class DoorStream extends Duplex implements AdbStream {
  readonly #socket: Socket;
  #taker: ((bytes: Uint8Array) => void) | undefined;

  /** @param fd a connected SOCK_STREAM unix socket; owned from now on, also when this throws, for what is none. */
  static of(fd: number): DoorStream {
    try {
      return new DoorStream(fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  private constructor(fd: number) {
    super({ allowHalfOpen: false, readableHighWaterMark: 64 * 1024, writableHighWaterMark: 16 * 1024 });
    const callback = (size: number, bytes: Uint8Array): boolean =>
      // A plain array: Buffer's subarray takes longer, and whoever copies by slice() gets a view of it.
      this.#received(new Uint8Array(bytes.buffer, bytes.byteOffset, size));
    // @types/node has `onread` for connections only; lib/net.js takes it with a descriptor as well.
    const options = { fd, readable: true, writable: true, onread: { buffer: shared, callback } };
    this.#socket = new Socket(options);
    this.#socket.on('error', (error) => this.destroy(error));
    this.#socket.on('close', () => this.push(null));
  }

  /** See AdbStream. */
  writeNow(bytes: Uint8Array): boolean {
    if (!this.writable || this.writableLength > 0 || bytes.length === 0) return false;
    const taken = sendNow(this.#socket, bytes, bytes.length);
    // The socket keeps what it is given until it is sent: a copy.
    if (taken > 0 && taken < bytes.length) this.#socket.write(Buffer.from(bytes.subarray(taken)));
    return taken > 0;
  }

  /** See AdbStream. */
  deliverTo(taker: (bytes: Uint8Array) => void): void {
    for (let held: Buffer | null = this.read(); held !== null; held = this.read()) taker(held);
    this.#taker = taker;
    // The end is told to who reads: nothing else is left to read.
    this.resume();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    // The phone has closed it already: it has no half-close.
    if (!this.#socket.writable) return done();
    this.#socket.end(() => done());
  }

  override _destroy(reason: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(reason);
  }

  /** Whether more may come now. */
  #received(bytes: Uint8Array): boolean {
    if (this.destroyed) return false;
    if (this.#taker === undefined) return this.push(Buffer.from(bytes));
    this.#taker(bytes);
    return true;
  }
}
