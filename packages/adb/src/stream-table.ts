import { AdbCommand } from '@yume-chan/adb';
import type { AdbDuplex } from './adb-duplex.js';
import type { CutPacket } from './packet-connection.js';

/** What is looked at of a packet on its way out. */
interface Outgoing {
  readonly command: number;
  readonly arg0: number;
  readonly payload: Uint8Array;
}

/**
 * Which streams of a connection carry their data here and not through the library. The library opens and closes them,
 * gives them their ids, and sees no WRTE and no OKAY of theirs: its way leads through two WHATWG streams and some twenty
 * promises a packet, drops what waits for a slow reader when adbd's CLSE comes right behind it, and leaves a write
 * waiting for ever when the connection ends. One per connection.
 */
export class StreamTable {
  /** Streams whose OPEN has not left yet, in the order in which they were asked for. */
  readonly #claims: { readonly service: string; readonly stream: AdbDuplex }[] = [];
  /** By local id, from OPEN to the phone's CLSE. */
  readonly #streams = new Map<number, AdbDuplex>();

  /** The next OPEN of this service name (with its final NUL, if it has one) is this stream's. */
  claim(service: string, stream: AdbDuplex): void {
    this.#claims.push({ service, stream });
  }

  /** A packet to the phone, just before it leaves. */
  outgoing({ command, arg0, payload }: Outgoing): void {
    if (command !== AdbCommand.Open) return;
    const service = Buffer.from(payload).toString('utf8');
    const index = this.#claims.findIndex((claim) => claim.service === service);
    const [claim] = index < 0 ? [] : this.#claims.splice(index, 1);
    if (claim !== undefined) this.#streams.set(arg0, claim.stream);
  }

  /** A packet from the phone. True = it is the library's as well. */
  incoming({ command, arg0, arg1, payload, lent }: CutPacket): boolean {
    const stream = this.#streams.get(arg1);
    if (stream === undefined) return true;
    switch (command) {
      case AdbCommand.Okay:
        return stream.okay(arg1, arg0, payload);
      case AdbCommand.Write:
        stream.received(payload, lent);
        return false;
      case AdbCommand.Close:
        this.#streams.delete(arg1);
        stream.ended();
        return true;
      default:
        return true;
    }
  }

  /** The connection is gone, and all streams with it. */
  close(): void {
    for (const stream of this.#streams.values()) stream.ended();
    this.#streams.clear();
  }
}
