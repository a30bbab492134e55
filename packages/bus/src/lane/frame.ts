/**
 * Frames of a lane's connection (docs/protocol.md, "Lanes"): length of the body u32 LE, kind u8, lane u32 LE, body. Pure.
 */
export const Kind = {
  /** Body: one message, as it would stand on the subject. Towards who offered only. */
  message: 0,
  /** Body: first half of the offer's secret. Towards who offered. */
  open: 1,
  /** Body: its second half. The offer was taken up: messages are heard from now on. */
  opened: 2,
  /** No more messages, from whichever end. */
  close: 3,
  /** Asks for a `pong`: whether the other machine is still there. Lane 0. */
  ping: 4,
  pong: 5,
  /** Body: a message that went straight to the phone's session; for the books of who hears it. Towards who offered only. */
  copy: 6,
  /** Body: number of a straight lane, u32 LE: from here on messages go by it, and here come copies of them. Towards who offered only. */
  straight: 7,
  /**
   * Body: one batch for many lanes of this connection (shared.ts). Lane 0, or 1 when its answers may come as `ack`. Towards who offered only, and
   * who said that it hears them.
   */
  shared: 8,
  /** Body: a ControlAck, the answer to a lane's share of a `shared` of lane 1. From who offered. */
  ack: 9,
  /** Body: u8, 1 = copies on this lane are waited for, 0 = they may wait. From who offered, to who said that it hears them. */
  haste: 10,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export const HEADER_BYTES = 9;
/** Half of an offer's secret: whoever connects shows one, whoever listens the other. */
export const PROOF_BYTES = 16;
/** What may come from who offered: half a secret, or a ControlAck, whose only text is a word. */
export const ANSWER_BYTES = 128;
/** As NATS's max_payload: what goes by a lane can go by NATS too. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** Writes a frame at `at`, which must have room. Answers where it ends. */
export function writeFrame(to: Buffer, at: number, kind: Kind, lane: number, body: Uint8Array): number {
  to.writeUInt32LE(body.length, at);
  to[at + 4] = kind;
  to.writeUInt32LE(lane, at + 5);
  to.set(body, at + HEADER_BYTES);
  return at + HEADER_BYTES + body.length;
}

/** One that was read. `body` is a view of what came, valid during the call. */
export type FrameHandler = (kind: Kind, lane: number, body: Buffer) => void;

/** Why a connection's bytes are no frames. */
export class FrameError extends Error {}

/**
 * Cuts a connection's chunks into frames. Frames that came whole are not copied; of others the rest of a chunk is kept, at most
 * one frame. Not to be fed again after it threw.
 */
export class FrameReader {
  readonly #take: FrameHandler;
  #limit: number;
  #rest: Buffer | undefined;

  /** `limit`: largest body, bytes. */
  constructor(take: FrameHandler, limit: number) {
    this.#take = take;
    this.#limit = limit;
  }

  /** Larger bodies are read from now on. */
  allow(limit: number): void {
    this.#limit = limit;
  }

  /** Errors: FrameError for a body beyond the limit or a kind that there is none of. */
  read(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const length = bytes.readUInt32LE(at);
      const kind = bytes[at + 4] as number;
      if (length > this.#limit)
        throw new FrameError(`a frame of ${length} bytes is larger than ${this.#limit}`);
      if (kind > Kind.haste) throw new FrameError(`there is no kind ${kind} of frames`);
      const end = at + HEADER_BYTES + length;
      if (end > bytes.length) break;
      this.#take(kind as Kind, bytes.readUInt32LE(at + 5), bytes.subarray(at + HEADER_BYTES, end));
      at = end;
    }
    // A copy: the rest of a chunk must not keep all of it, and the pool it came from may be used again.
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }
}
