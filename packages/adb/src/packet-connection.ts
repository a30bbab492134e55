import type { Socket } from 'node:net';
import { calculateChecksum } from '@yume-chan/adb';
import type { AdbDaemonConnection, AdbPacketData, AdbPacketInit } from '@yume-chan/adb';
import { Consumable, ReadableStream } from '@yume-chan/stream-extra';
import type { ReadableStreamDefaultController } from '@yume-chan/stream-extra';
import type { SendPacket, SendPacketNow } from './adb-duplex.js';
import { AdbError } from './errors.js';
import type { Reading } from './reading.js';
import { sendNow } from './send-now.js';
import { StreamTable } from './stream-table.js';

/** AOSP adb/adb.h MAX_PAYLOAD: what we announce in CNXN, so nothing larger may come. */
export const MAX_PAYLOAD = 1024 * 1024;
const HEADER = 24;
const NOTHING = Buffer.alloc(0);
/** Up to here a packet is copied behind its header and leaves by a plain write; beyond, a writev is cheaper than the copy. */
const COPIED_MAX = 4 * 1024;
/** What `putNow` sends from, whatever the connection: the kernel has its copy when the call returns, so a touch leaves no buffer behind. */
const outgoing = Buffer.allocUnsafeSlow(HEADER + COPIED_MAX);

/** What one connection gives: packets for the library, and the way past it for streams. */
export interface PacketConnection {
  readonly connection: AdbDaemonConnection;
  readonly table: StreamTable;
  /** Packets with a right checksum, where `checksums` was asked for. */
  readonly send: SendPacket;
  readonly sendNow: SendPacketNow;
  /** Peers older than version 0x01000001 check the sum of the payload's bytes (AOSP adb/protocol.txt). */
  checksums: boolean;
}

/**
 * adb's packets over one TCP connection (AOSP adb/protocol.txt). Owns the socket: it is destroyed when either
 * direction ends. Reading stops while the library takes no packets (back-pressure down to TCP); streams have windows of
 * their own.
 */
export function packetConnection(socket: Socket, reading: Reading): PacketConnection {
  const table = new StreamTable();
  const made: PacketConnection = {
    connection: { readable: packets(socket, reading, table), writable: writer(socket, table) },
    table,
    checksums: false,
    send: (command, arg0, arg1, payload, sent) => {
      const checksum = made.checksums ? calculateChecksum(payload) : 0;
      put(socket, { command, arg0, arg1, payload, checksum, magic: command ^ 0xffffffff }, sent);
    },
    sendNow: (command, arg0, arg1, payload) => {
      const checksum = made.checksums ? calculateChecksum(payload) : 0;
      return putNow(socket, command, arg0, arg1, payload, checksum);
    },
  };
  return made;
}

/** A packet that came. */
export interface CutPacket extends AdbPacketData {
  /** True: the payload lies in the chunk that it came in, and is valid during the call only. Else it is its receiver's. */
  readonly lent: boolean;
}

/**
 * Cuts the byte stream into packets and checks what would otherwise be believed: magic and length. Only what spans chunks is copied: a
 * picture mostly comes in one.
 */
export class PacketCutter {
  readonly #head = new Uint8Array(HEADER);
  readonly #fields = new DataView(this.#head.buffer);
  /** Of the packet under way, once its header is whole. */
  #payload: Buffer | undefined;
  /** How much of the header, and then of the payload, has come. */
  #have = 0;

  /** `chunk` is not kept. @throws AdbError ADB_PROTOCOL */
  push(chunk: Uint8Array, deliver: (packet: CutPacket) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payload === undefined) {
        while (this.#have < HEADER && at < chunk.length) this.#head[this.#have++] = chunk[at++]!;
        if (this.#have < HEADER) return;
        this.#have = 0;
        const length = this.#payloadLength();
        if (length <= chunk.length - at) {
          const payload = length === 0 ? NOTHING : chunk.subarray(at, at + length);
          at += length;
          deliver(this.#packet(payload, true));
        } else this.#payload = Buffer.allocUnsafe(length);
      } else {
        const payload = this.#payload;
        const size = Math.min(payload.length - this.#have, chunk.length - at);
        payload.set(chunk.subarray(at, at + size), this.#have);
        this.#have += size;
        at += size;
        if (this.#have < payload.length) return;
        this.#payload = undefined;
        this.#have = 0;
        deliver(this.#packet(payload, false));
      }
    }
  }

  #packet(payload: Uint8Array, lent: boolean): CutPacket {
    const fields = this.#fields;
    return {
      command: fields.getUint32(0, true),
      arg0: fields.getUint32(4, true),
      arg1: fields.getUint32(8, true),
      payload,
      lent,
    };
  }

  /** Of the packet whose header is there. */
  #payloadLength(): number {
    const fields = this.#fields;
    const length = fields.getUint32(12, true);
    if ((fields.getInt32(0, true) ^ fields.getInt32(20, true)) !== -1)
      throw new AdbError('ADB_PROTOCOL', 'a packet without adb magic: no adbd is at the other end');
    if (length > MAX_PAYLOAD)
      throw new AdbError('ADB_PROTOCOL', `a packet announces ${length} bytes, the limit is ${MAX_PAYLOAD}`);
    return length;
  }
}

function packets(socket: Socket, reading: Reading, table: StreamTable): ReadableStream<AdbPacketData> {
  const cutter = new PacketCutter();
  let ended = false;
  const attach = (controller: ReadableStreamDefaultController<AdbPacketData>): void => {
    const fail = (error: unknown): void => {
      if (ended) return;
      ended = true;
      controller.error(error);
      socket.destroy();
    };
    reading.take = (chunk) => {
      if (ended) return;
      let queued = false;
      try {
        cutter.push(chunk, (packet) => {
          if (!table.incoming(packet)) return;
          const { command, arg0, arg1, payload, lent } = packet;
          // The library reads it some turns later.
          controller.enqueue({ command, arg0, arg1, payload: lent ? Buffer.from(payload) : payload });
          queued = true;
        });
      } catch (error) {
        return fail(error);
      }
      if (queued && (controller.desiredSize ?? 0) <= 0) socket.pause();
    };
    socket.on('error', (cause) =>
      fail(new AdbError('ADB_CLOSED', `the adb connection broke: ${cause.message}`, { cause })),
    );
    socket.on('close', () => {
      table.close();
      if (ended) return;
      ended = true;
      controller.close();
    });
    socket.pause();
  };
  return new ReadableStream<AdbPacketData>({
    start: attach,
    pull: () => void socket.resume(),
    cancel() {
      ended = true;
      socket.destroy();
    },
  });
}

function writer(socket: Socket, table: StreamTable): AdbDaemonConnection['writable'] {
  return new Consumable.WritableStream<AdbPacketInit>({
    // Settles when the kernel has the bytes, because the caller then reuses its buffers. It never rejects: the library
    // leaves the rejected half of its Consumable unhandled, which would end the process. A broken connection is told
    // by the readable side, and by it `disconnected` and every stream.
    write: (packet) =>
      new Promise<void>((resolve) => {
        table.outgoing(packet);
        put(socket, packet, resolve);
      }),
    close: () => void socket.end(),
    abort: () => void socket.destroy(),
  });
}

/** One write, one segment: header and payload do not go out as two. */
function put(socket: Socket, packet: AdbPacketInit, sent?: () => void): void {
  if (!socket.writable) return sent?.();
  const { payload } = packet;
  // A write to a connection that breaks calls back too, with an error that `close` tells everybody.
  const done = sent === undefined ? undefined : (): void => sent();
  if (payload.length <= COPIED_MAX) {
    socket.write(whole(packet), done);
    return;
  }
  socket.cork();
  socket.write(headed(packet, HEADER));
  socket.write(payload, done);
  socket.uncork();
}

/** False: nothing left, and it has to be `put`. */
function putNow(
  socket: Socket,
  command: number,
  arg0: number,
  arg1: number,
  payload: Uint8Array,
  checksum: number,
): boolean {
  const size = HEADER + payload.length;
  if (payload.length > COPIED_MAX) return false;
  writeHeader(outgoing, command, arg0, arg1, payload.length, checksum);
  outgoing.set(payload, HEADER);
  const taken = sendNow(socket, outgoing, size);
  // The socket keeps what it is given until it is sent: a copy.
  if (taken > 0 && taken < size) socket.write(Buffer.from(outgoing.subarray(taken, size)));
  return taken > 0;
}

function whole(packet: AdbPacketInit): Buffer {
  const bytes = headed(packet, HEADER + packet.payload.length);
  bytes.set(packet.payload, HEADER);
  return bytes;
}

function headed({ command, arg0, arg1, payload, checksum }: AdbPacketInit, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  writeHeader(bytes, command, arg0, arg1, payload.length, checksum);
  return bytes;
}

function writeHeader(
  to: Buffer,
  command: number,
  arg0: number,
  arg1: number,
  length: number,
  checksum: number,
): void {
  to.writeUInt32LE(command, 0);
  to.writeUInt32LE(arg0, 4);
  to.writeUInt32LE(arg1, 8);
  to.writeUInt32LE(length, 12);
  to.writeUInt32LE(checksum, 16);
  to.writeInt32LE(command ^ 0xffffffff, 20);
}
