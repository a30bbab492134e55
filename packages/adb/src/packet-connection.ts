import type { Socket } from 'node:net';
import type { AdbDaemonConnection, AdbPacketData, AdbPacketInit } from '@yume-chan/adb';
import { Consumable, ReadableStream } from '@yume-chan/stream-extra';
import type { ReadableStreamDefaultController } from '@yume-chan/stream-extra';
import { CloseGate } from './close-gate.js';
import { AdbError } from './errors.js';

/** AOSP adb/adb.h MAX_PAYLOAD: what we announce in CNXN, so nothing larger may come. */
export const MAX_PAYLOAD = 1024 * 1024;
const HEADER = 24;

/**
 * adb's packets over one TCP connection (AOSP adb/protocol.txt). Owns the socket: it is destroyed when either
 * direction ends. Reading stops while nobody takes packets (back-pressure down to TCP); a packet that lies within one
 * chunk is passed on as a view of it.
 */
export function packetConnection(socket: Socket): AdbDaemonConnection {
  const gate = new CloseGate();
  const incoming = packets(socket, gate);
  return {
    readable: incoming.readable,
    writable: writer(socket, (packet) => {
      const freed = gate.outgoing(packet);
      if (freed !== undefined) incoming.deliver(freed);
    }),
  };
}

/** Cuts the byte stream into packets and checks what would otherwise be believed: magic and length. */
export class PacketCutter {
  #held: Uint8Array[] = [];
  #size = 0;
  #need = HEADER;
  #header: DataView | undefined;

  /** @throws AdbError ADB_PROTOCOL */
  push(chunk: Uint8Array, deliver: (packet: AdbPacketData) => void): void {
    this.#held.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= this.#need) {
      const bytes = this.#take(this.#need);
      if (this.#header === undefined) {
        const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
        const command = header.getUint32(0, true);
        const length = header.getUint32(12, true);
        if ((command ^ header.getInt32(20, true)) !== -1)
          throw new AdbError('ADB_PROTOCOL', 'a packet without adb magic: no adbd is at the other end');
        if (length > MAX_PAYLOAD)
          throw new AdbError(
            'ADB_PROTOCOL',
            `a packet announces ${length} bytes, the limit is ${MAX_PAYLOAD}`,
          );
        this.#header = header;
        this.#need = length;
        if (length > 0) continue;
      }
      const header: DataView = this.#header;
      this.#header = undefined;
      this.#need = HEADER;
      deliver({
        command: header.getUint32(0, true),
        arg0: header.getUint32(4, true),
        arg1: header.getUint32(8, true),
        payload: header.getUint32(12, true) === 0 ? bytes.subarray(HEADER) : bytes,
      });
    }
  }

  #take(length: number): Uint8Array {
    this.#size -= length;
    const first = this.#held[0]!;
    if (first.length > length) {
      this.#held[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    if (first.length === length) {
      this.#held.shift();
      return first;
    }
    const whole = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const part = this.#held[0]!;
      const used = Math.min(part.length, length - at);
      whole.set(part.subarray(0, used), at);
      at += used;
      if (used === part.length) this.#held.shift();
      else this.#held[0] = part.subarray(used);
    }
    return whole;
  }
}

interface Incoming {
  readonly readable: ReadableStream<AdbPacketData>;
  /** Passes a packet on that was held back. */
  deliver(packet: AdbPacketData): void;
}

function packets(socket: Socket, gate: CloseGate): Incoming {
  const cutter = new PacketCutter();
  let ended = false;
  let enqueue: (packet: AdbPacketData) => void = () => undefined;
  const attach = (controller: ReadableStreamDefaultController<AdbPacketData>): void => {
    enqueue = (packet) => controller.enqueue(packet);
    const fail = (error: unknown): void => {
      if (ended) return;
      ended = true;
      controller.error(error);
      socket.destroy();
    };
    socket.on('data', (chunk: Buffer) => {
      if (ended) return;
      try {
        cutter.push(chunk, (packet) => {
          if (gate.incoming(packet)) controller.enqueue(packet);
        });
      } catch (error) {
        return fail(error);
      }
      if ((controller.desiredSize ?? 0) <= 0) socket.pause();
    });
    socket.on('error', (cause) =>
      fail(new AdbError('ADB_CLOSED', `the adb connection broke: ${cause.message}`, { cause })),
    );
    socket.on('close', () => {
      if (ended) return;
      ended = true;
      controller.close();
    });
    socket.pause();
  };
  const readable = new ReadableStream<AdbPacketData>({
    start: attach,
    pull: () => void socket.resume(),
    cancel() {
      ended = true;
      socket.destroy();
    },
  });
  return {
    readable,
    deliver: (packet) => {
      if (!ended) enqueue(packet);
    },
  };
}

function writer(socket: Socket, sent: (packet: AdbPacketInit) => void): AdbDaemonConnection['writable'] {
  return new Consumable.WritableStream<AdbPacketInit>({
    // Settles when the kernel has the bytes, because the caller then reuses its buffers. It never rejects: the library
    // leaves the rejected half of its Consumable unhandled, which would end the process. A broken connection is told
    // by the readable side, and by it `disconnected` and every stream.
    write: (packet) =>
      new Promise<void>((resolve) => {
        sent(packet);
        if (!socket.writable) return resolve();
        const header = Buffer.allocUnsafe(HEADER);
        header.writeUInt32LE(packet.command, 0);
        header.writeUInt32LE(packet.arg0, 4);
        header.writeUInt32LE(packet.arg1, 8);
        header.writeUInt32LE(packet.payload.length, 12);
        header.writeUInt32LE(packet.checksum, 16);
        header.writeInt32LE(packet.magic, 20);
        // One writev, one segment: corked so that header and payload do not go out as two.
        socket.cork();
        if (packet.payload.length === 0) socket.write(header, () => resolve());
        else {
          socket.write(header);
          socket.write(packet.payload, () => resolve());
        }
        return socket.uncork();
      }),
    close: () => void socket.end(),
    abort: () => void socket.destroy(),
  });
}
