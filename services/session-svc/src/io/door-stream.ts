import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { adoptReading, type AdbStream, sendNow } from '@ancloud/adb';

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
    const { socket, reading } = adoptReading(fd);
    this.#socket = socket;
    reading.take = (bytes) => this.#received(bytes);
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

  /** `bytes` are valid during the call only. */
  #received(bytes: Uint8Array): void {
    if (this.destroyed) return;
    if (this.#taker !== undefined) this.#taker(bytes);
    else if (!this.push(Buffer.from(bytes))) this.#socket.pause();
  }
}
