import type net from 'node:net';
import { ControlAck } from '@ancloud/contracts/input/v1/input';
import { FrameReader, Kind, MAX_BODY_BYTES, PROOF_BYTES } from './frame.js';
import { FrameWriter } from './frame-writer.js';

/** An offer that nobody takes up is over. */
export const OFFER_MS = 5_000;

/** False = it did not leave, and is to go by NATS. */
export type LaneAnswer = (ack: ControlAck) => boolean;

export interface PeerEvents {
  /** The other half of the secret, when this is the right one, and whether copies are waited for. */
  open(id: number, secret: Buffer): { proof: Buffer; haste: boolean } | undefined;
  /** `kind`: message, copy or straight. */
  message(kind: Kind, id: number, bytes: Buffer): void;
  /** `answered`: the other end hears answers. Errors: FrameError. */
  shared(bytes: Buffer, answered: boolean): void;
  close(id: number): void;
  /** `why`: it misbehaved. */
  gone(why: string | undefined): void;
}

/** One connection of a LaneServer. Until it has shown a secret it may say nothing longer than one, and not stay for longer than an offer lasts. */
export class Peer {
  readonly #socket: net.Socket;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #patience: NodeJS.Timeout;
  readonly #events: PeerEvents;
  #why: string | undefined;
  strange = true;

  constructor(socket: net.Socket, events: PeerEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#writer = new FrameWriter(socket);
    this.#reader = new FrameReader((kind, lane, body) => this.#frame(kind, lane, body), PROOF_BYTES);
    this.#patience = setTimeout(() => this.#refuse('no secret came'), OFFER_MS).unref();
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#reader.read(chunk);
      } catch (error) {
        this.#refuse(error instanceof Error ? error.message : String(error));
      }
    });
    // 'close' follows; who broke it does not matter.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(this.#patience);
      events.gone(this.#why);
    });
  }

  end(lane: number): void {
    this.#writer.send(Kind.close, lane);
  }

  hurry(lane: number, haste: boolean): void {
    this.#writer.send(Kind.haste, lane, Uint8Array.of(haste ? 1 : 0));
  }

  answerOf(lane: number): LaneAnswer {
    return (ack) => this.#writer.send(Kind.ack, lane, ControlAck.encode(ack).finish());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #frame(kind: Kind, lane: number, body: Buffer): void {
    if (kind === Kind.message || kind === Kind.copy || kind === Kind.straight)
      return this.#events.message(kind, lane, body);
    if (kind === Kind.shared) return this.#events.shared(body, lane === 1);
    if (kind === Kind.ping) return void this.#writer.send(Kind.pong, 0);
    if (kind === Kind.close) return this.#events.close(lane);
    const opened = kind === Kind.open ? this.#events.open(lane, body) : undefined;
    if (opened === undefined) return this.#refuse('a wrong secret');
    this.strange = false;
    clearTimeout(this.#patience);
    this.#reader.allow(MAX_BODY_BYTES);
    this.#writer.send(Kind.opened, lane, opened.proof);
    if (opened.haste) this.hurry(lane, true);
  }

  #refuse(why: string): void {
    this.#why ??= why;
    this.#socket.destroy();
  }
}
