import type { Socket } from 'node:net';
import { HEADER_BYTES, type Kind, writeFrame } from './frame.js';

/** A peer that leaves so much unread is stuck: whoever sends to it is better off with NATS. */
const UNREAD_MAX = 1024 * 1024;
const SLAB_BYTES = 16 * 1024;
/** What may wait leaves after so long at the latest. */
const LATER_MS = 1;
const nothing = new Uint8Array(0);

/**
 * Frames on their way to one socket: what one turn of the event loop brings leaves in one write. Each is copied once, into
 * the slab that the socket then writes from. The socket's owner closes it.
 */
export class FrameWriter {
  readonly #socket: Socket;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #written = 0;
  #filled = 0;
  #due = false;
  #later: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** False = the peer does not read, or is gone. */
  send(kind: Kind, lane: number, body: Uint8Array = nothing): boolean {
    if (!this.#add(kind, lane, body)) return false;
    if (!this.#due) {
      this.#due = true;
      queueMicrotask(() => {
        this.#due = false;
        this.#flush();
      });
    }
    return true;
  }

  /**
   * As `send`, for what nobody waits for: it leaves with the next frame that does not wait, or a millisecond later with what else
   * came. So whoever was written to before it is woken alone.
   */
  sendLater(kind: Kind, lane: number, body: Uint8Array): boolean {
    if (!this.#add(kind, lane, body)) return false;
    this.#later ??= setTimeout(() => this.#flush(), LATER_MS);
    return true;
  }

  #add(kind: Kind, lane: number, body: Uint8Array): boolean {
    if (!this.#socket.writable || this.#socket.writableLength > UNREAD_MAX) return false;
    if (this.#slab.length - this.#filled < HEADER_BYTES + body.length)
      this.#change(HEADER_BYTES + body.length);
    this.#filled = writeFrame(this.#slab, this.#filled, kind, lane, body);
    return true;
  }

  #flush(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    if (this.#filled === this.#written || !this.#socket.writable) return;
    this.#socket.write(this.#slab.subarray(this.#written, this.#filled));
    this.#written = this.#filled;
  }

  /** A slab is never written to again where the socket may still read it: a full one is left to the collector. */
  #change(atLeast: number): void {
    this.#flush();
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, atLeast));
    this.#written = 0;
    this.#filled = 0;
  }
}
