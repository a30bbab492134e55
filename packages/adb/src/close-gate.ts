import { AdbCommand } from '@yume-chan/adb';
import type { AdbPacketData } from '@yume-chan/adb';

/** What is looked at of a packet on its way out. */
interface Outgoing {
  readonly command: number;
  readonly arg0: number;
}

/**
 * Keeps a stream's CLSE behind its data. adbd closes a stream right behind its last WRTE, and the library, told so, drops
 * what still waits for a slow reader (its dispatcher closes the readable, and PushReadableStream then ignores enqueues under
 * way): a command lost the end of its output and its exit status. The library answers each WRTE with OKAY once it has a
 * place for it, so a CLSE is passed on when its stream owes no OKAY any more. Pure; one per connection.
 */
export class CloseGate {
  /** Local id → WRTEs not yet answered. */
  readonly #owed = new Map<number, number>();
  readonly #held = new Map<number, AdbPacketData>();
  /** Streams we have closed ourselves: nobody reads them any more. */
  readonly #ours = new Set<number>();

  /** A packet from the phone: true = pass it on now. */
  incoming(packet: AdbPacketData): boolean {
    const local = packet.arg1;
    if (packet.command === AdbCommand.Write) {
      if (!this.#ours.has(local)) this.#owed.set(local, (this.#owed.get(local) ?? 0) + 1);
    } else if (packet.command === AdbCommand.Close) {
      if (!this.#owed.has(local)) {
        this.#ours.delete(local);
        return true;
      }
      this.#held.set(local, packet);
      return false;
    }
    return true;
  }

  /** A packet to the phone; what it sets free is to be passed on as if it had come now. */
  outgoing({ command, arg0 }: Outgoing): AdbPacketData | undefined {
    if (command === AdbCommand.Okay) {
      const owed = (this.#owed.get(arg0) ?? 1) - 1;
      if (owed > 0) {
        this.#owed.set(arg0, owed);
        return undefined;
      }
    } else if (command !== AdbCommand.Close) return undefined;
    this.#owed.delete(arg0);
    const held = this.#held.get(arg0);
    this.#held.delete(arg0);
    if (command === AdbCommand.Close && held === undefined) this.#ours.add(arg0);
    return held;
  }
}
