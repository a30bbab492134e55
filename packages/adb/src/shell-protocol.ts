import { AdbError } from './errors.js';

/** Packet ids of shell protocol v2 (AOSP adb/shell_protocol.h): u8 id, u32 LE length, data. */
export const ShellId = { Stdin: 0, Stdout: 1, Stderr: 2, Exit: 3, CloseStdin: 4, WindowSize: 5 } as const;

const HEADER = 5;
/** adbd sends at most MAX_PAYLOAD per packet. */
const MAX_PACKET = 1024 * 1024;

export function shellPacket(id: number, data: Uint8Array): Buffer {
  const packet = Buffer.allocUnsafe(HEADER + data.length);
  packet[0] = id;
  packet.writeUInt32LE(data.length, 1);
  packet.set(data, HEADER);
  return packet;
}

/** Cuts the stream into packets, in any chunking; data is a view when it lies within one chunk. */
export class ShellPackets {
  #held: Buffer = Buffer.alloc(0);

  /** @throws AdbError ADB_PROTOCOL for a packet above 1 MiB */
  *push(chunk: Uint8Array): Generator<{ id: number; data: Uint8Array }> {
    const bytes =
      this.#held.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
        : Buffer.concat([this.#held, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const length = bytes.readUInt32LE(at + 1);
      if (length > MAX_PACKET)
        throw new AdbError(
          'ADB_PROTOCOL',
          `a shell packet announces ${length} bytes, the limit is ${MAX_PACKET}`,
        );
      if (bytes.length - at < HEADER + length) break;
      const start = at + HEADER;
      at = start + length;
      // Kept before the consumer runs: it may stop early.
      this.#held = bytes.subarray(at);
      yield { id: bytes[start - HEADER]!, data: bytes.subarray(start, at) };
    }
    this.#held = bytes.subarray(at);
  }
}
