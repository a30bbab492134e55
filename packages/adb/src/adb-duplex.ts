import { Duplex } from 'node:stream';
import { AdbCommand } from '@yume-chan/adb';
import { AdbError } from './errors.js';

/** Puts one packet on the connection; `sent` is called once the kernel has it, or the connection is gone. */
export type SendPacket = (
  command: number,
  arg0: number,
  arg1: number,
  payload: Uint8Array,
  sent?: () => void,
) => void;

/** Hands one packet to the kernel before it returns; false = nothing has left. */
export type SendPacketNow = (command: number, arg0: number, arg1: number, payload: Uint8Array) => boolean;

export interface AdbDuplexOptions {
  readonly service: string;
  readonly send: SendPacket;
  readonly sendNow: SendPacketNow;
  /** What the phone's end no longer takes is dropped without an error (openStream's `dropLateWrites`). */
  readonly dropLateWrites: boolean;
  /** Most bytes of one WRTE, as the phone said in CNXN. */
  readonly maxPayload: number;
}

const NOTHING = new Uint8Array(0);
/**
 * With delayed_ack what was read is acknowledged when it is so much, a sixteenth of the window that connect.ts opens: the phone never
 * waits for it, and a picture does not cost a packet back and a waking of adbd.
 */
const ACKNOWLEDGED_BYTES = 256 * 1024;

/**
 * One stream of an adb connection (AOSP adb/protocol.txt): WRTE and OKAY, with delayed_ack or without. What is not read is
 * not acknowledged; a write waits for the phone's window. Whoever opened it says `opened`; StreamTable brings the packets.
 */
export class AdbDuplex extends Duplex {
  readonly #options: AdbDuplexOptions;
  #localId = 0;
  #remoteId = 0;
  #delayedAck = false;
  /** Bytes the phone takes now. Without delayed_ack: one WRTE of any size, then none until its OKAY. */
  #window = 0;
  /** Bytes that came from the phone and are not acknowledged: nobody has taken them, or they are few. */
  #owed = 0;
  #waiting: { readonly rest: Uint8Array; readonly done: (error?: Error | null) => void } | undefined;
  #close: (() => Promise<void>) | undefined;
  /** Nothing more comes or leaves: the phone closed it, the connection is gone, or it was destroyed here. */
  #ended = false;
  #taker: ((bytes: Uint8Array) => void) | undefined;

  constructor(options: AdbDuplexOptions) {
    super({ allowHalfOpen: false, readableHighWaterMark: 64 * 1024, writableHighWaterMark: 16 * 1024 });
    this.#options = options;
  }

  /** @param close sends CLSE; may be called twice. */
  opened(close: () => Promise<void>): void {
    this.#close = close;
  }

  /** OKAY. True for the first, by which the phone accepted the stream. */
  okay(localId: number, remoteId: number, payload: Uint8Array): boolean {
    const first = this.#remoteId === 0;
    if (first) {
      this.#localId = localId;
      this.#remoteId = remoteId;
      this.#delayedAck = payload.length === 4;
    }
    if (this.#delayedAck && payload.length === 4)
      this.#window += new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0, true);
    else this.#window = Infinity;
    this.#proceed();
    return first;
  }

  /** WRTE. `lent`: the bytes are valid during the call only. */
  received(bytes: Uint8Array, lent: boolean): void {
    if (this.#ended) return;
    this.#owed += bytes.length;
    if (this.#taker !== undefined) {
      this.#taker(bytes);
      this.#acknowledge();
    } else if (bytes.length === 0 || this.push(lent ? Buffer.from(bytes) : bytes)) this.#acknowledge();
  }

  /** The phone's CLSE, or the connection's end. */
  ended(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#proceed();
    this.push(null);
  }

  /** See AdbStream. */
  deliverTo(taker: (bytes: Uint8Array) => void): void {
    for (let held: Buffer | null = this.read(); held !== null; held = this.read()) taker(held);
    this.#taker = taker;
    // The end is told to who reads: nothing else is left to read.
    this.resume();
  }

  /** See AdbStream. */
  writeNow(bytes: Uint8Array): boolean {
    const { maxPayload, sendNow } = this.#options;
    if (this.#ended || !this.writable || this.writableLength > 0) return false;
    if (bytes.length === 0 || bytes.length > Math.min(maxPayload, this.#window)) return false;
    if (!sendNow(AdbCommand.Write, this.#localId, this.#remoteId, bytes)) return false;
    this.#window = this.#delayedAck ? this.#window - bytes.length : 0;
    return true;
  }

  override _read(): void {
    if (this.#owed > 0) this.#acknowledge();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#waiting = { rest: chunk, done };
    this.#proceed();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#leave(done);
  }

  override _destroy(reason: Error | null, done: (error?: Error | null) => void): void {
    this.#waiting = undefined;
    this.#ended = true;
    this.#leave(() => done(reason));
  }

  /** Sends of what waits as much as the window lets through. */
  #proceed(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const { rest, done } = waiting;
    if (this.#ended) {
      this.#waiting = undefined;
      done(this.#options.dropLateWrites ? null : this.#closedError());
      return;
    }
    const size = Math.min(rest.length, this.#options.maxPayload, this.#window);
    if (size === 0 && rest.length > 0) return;
    this.#window = this.#delayedAck ? this.#window - size : 0;
    const left = rest.subarray(size);
    // The rest waits for the kernel too: a phone that takes nothing must not fill this process.
    this.#waiting = undefined;
    this.#options.send(AdbCommand.Write, this.#localId, this.#remoteId, rest.subarray(0, size), () => {
      if (left.length === 0) return done();
      if (this.destroyed) return undefined;
      this.#waiting = { rest: left, done };
      return this.#proceed();
    });
  }

  #acknowledge(): void {
    const bytes = this.#owed;
    if (this.#delayedAck && bytes < ACKNOWLEDGED_BYTES) return;
    this.#owed = 0;
    if (this.#ended) return;
    let payload = NOTHING;
    if (this.#delayedAck) {
      payload = new Uint8Array(4);
      new DataView(payload.buffer).setUint32(0, bytes, true);
    }
    this.#options.send(AdbCommand.Okay, this.#localId, this.#remoteId, payload);
  }

  #leave(done: () => void): void {
    const close = this.#close;
    if (close === undefined) return done();
    // CLSE of a connection that is gone fails, and needs none.
    close().then(done, () => done());
  }

  #closedError(): AdbError {
    return new AdbError('ADB_CLOSED', `writing ${this.#options.service}: the stream was closed`);
  }
}
