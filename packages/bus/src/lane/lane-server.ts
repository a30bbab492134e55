import crypto from 'node:crypto';
import { chmodSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { ControlAck, type ControlBatch, type LaneOffer } from '@ancloud/contracts/input/v1/input';
import { bindError, type FarmTls, type Log, removeStaleSocket, splitAddress } from '@ancloud/kit';
import { FrameReader, Kind, MAX_BODY_BYTES, PROOF_BYTES } from './frame.js';
import { sameProof } from './proof.js';
import { FrameWriter } from './frame-writer.js';
import { readShared, type Share } from './shared.js';

/** An offer that nobody takes up is over. */
const OFFER_MS = 5_000;
/** Connections that have shown no secret yet; more are closed at once. */
const STRANGERS_MAX = 64;

export interface LaneServerOptions {
  /** `host:port` (0 = any free port) or `unix:/path`. */
  readonly listen: string;
  /** What others dial; port 0 = the one that was given out. */
  readonly advertise: string;
  readonly log: Log;
  /** Over TCP: who connects shows a certificate of the farm's authority. Default: plain text. */
  readonly tls?: FarmTls | undefined;
}

/** False = it did not leave, and is to go by NATS. */
export type LaneAnswer = (ack: ControlAck) => boolean;

/** Takes what comes by one lane. Bytes are valid during the call only. */
export interface LaneHandler {
  message(bytes: Buffer): void;
  /** A message that went straight to the phone's session. */
  copy?(bytes: Buffer): void;
  /** From here on messages go by the straight lane of that number. */
  straight?(lane: number): void;
  /**
   * Events that came for other lanes too, which are not to be changed. `answer` takes the share's ack back by the connection, where its other end
   * hears it. Absent: offers say that none are heard.
   */
  shared?(events: ControlBatch['events'], share: Share, answer?: LaneAnswer): void;
  /** No more comes. Told once, also of an offer that nobody took up; not when this end withdrew it. */
  closed?(): void;
}

/** Whose messages an offer is for. */
export interface LaneFor {
  readonly phone: string;
  readonly viewer?: string;
}

interface Lane {
  readonly of: LaneFor;
  readonly handler: LaneHandler;
  /** Until it is taken up. */
  secret: Buffer | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Its connection, once it is taken up. */
  peer: Peer | undefined;
}

/**
 * The end of lanes that hears: makes offers, takes up those whose secret is shown, hands their messages to who made the offer. Owns
 * its socket and all connections; `close` ends them.
 */
export class LaneServer {
  readonly #server: net.Server;
  readonly #lanes = new Map<number, Lane>();
  readonly #peers = new Set<Peer>();
  readonly #log: Log;
  #address = '';
  #next = 1;

  private constructor(log: Log, certificates: FarmTls | undefined) {
    this.#log = log;
    const connected = (socket: net.Socket): void => this.#connected(socket);
    this.#server =
      certificates === undefined
        ? net.createServer({ noDelay: true }, connected)
        : tls.createServer(
            {
              ...certificates,
              noDelay: true,
              requestCert: true,
              rejectUnauthorized: true,
              handshakeTimeout: OFFER_MS,
            },
            connected,
          );
  }

  /** Errors: PORT_TAKEN; CONFIG_INVALID for an address that is not this machine's. */
  static async listen({ listen, advertise, log, tls: own }: LaneServerOptions): Promise<LaneServer> {
    const path = listen.startsWith('unix:') ? listen.slice('unix:'.length) : undefined;
    const made = new LaneServer(log, path === undefined ? own : undefined);
    if (path !== undefined) await removeStaleSocket(path);
    await new Promise<void>((resolve, reject) => {
      const server = made.#server;
      server.once('error', (cause: Error) => reject(bindError(listen, cause)));
      server.listen(path === undefined ? splitAddress(listen) : { path }, resolve);
    });
    // Until here the umask guards it, as a gRPC socket.
    if (path !== undefined) chmodSync(path, 0o600);
    const bound = made.#server.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
    made.#address = advertise.startsWith('unix:') ? advertise : advertise.replace(/:0$/, `:${port}`);
    return made;
  }

  get address(): string {
    return this.#address;
  }

  /** Lanes that are open. */
  get open(): number {
    return [...this.#lanes.values()].filter(({ peer }) => peer !== undefined).length;
  }

  /** Messages of whoever takes up the offer go to `handler`, until that end closes the lane or `withdraw` does. */
  offer(of: LaneFor, handler: LaneHandler): LaneOffer {
    const id = this.#next;
    this.#next = (this.#next % 0xffff_ffff) + 1;
    const secret = crypto.randomBytes(2 * PROOF_BYTES);
    const timer = setTimeout(() => this.#forget(id)?.closed?.(), OFFER_MS).unref();
    this.#lanes.set(id, { of, handler, secret, timer, peer: undefined });
    return { address: this.#address, lane: id, secret, shared: handler.shared !== undefined };
  }

  /** As `withdraw`, of one lane. May be called twice. */
  end(lane: number): void {
    this.#lanes.get(lane)?.peer?.end(lane);
    this.#forget(lane);
  }

  /** Nothing more is heard by the lanes of a phone, or of one viewer of it; who sends by them is told. */
  withdraw({ phone, viewer }: LaneFor): void {
    for (const [id, { of }] of this.#lanes)
      if (of.phone === phone && (viewer === undefined || of.viewer === viewer)) this.end(id);
  }

  /** May be called twice. */
  async close(): Promise<void> {
    for (const id of this.#lanes.keys()) this.#forget(id);
    for (const peer of this.#peers) peer.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #connected(socket: net.Socket): void {
    const strangers = [...this.#peers].filter((peer) => peer.strange).length;
    if (strangers >= STRANGERS_MAX) {
      socket.destroy();
      return;
    }
    const peer: Peer = new Peer(socket, {
      // One table for all connections: a lane's number alone opens nothing.
      open: (id, secret) => {
        const lane = this.#lanes.get(id);
        if (lane?.secret === undefined || !sameProof(lane.secret.subarray(0, PROOF_BYTES), secret))
          return undefined;
        const proof = lane.secret.subarray(PROOF_BYTES);
        clearTimeout(lane.timer);
        lane.secret = undefined;
        lane.peer = peer;
        return proof;
      },
      message: (kind, id, bytes) =>
        this.#tell(peer, id, (handler) => {
          if (kind === Kind.message) handler.message(bytes);
          else if (kind === Kind.copy) handler.copy?.(bytes);
          else handler.straight?.(bytes.length === 4 ? bytes.readUInt32LE(0) : 0);
        }),
      shared: (bytes, answered) =>
        readShared(bytes, (share, events) => {
          const { lane, ack } = share;
          const answer = answered && ack !== 0 ? peer.answerOf(lane) : undefined;
          this.#tell(peer, lane, (handler) => handler.shared?.(events, share, answer));
        }),
      close: (id) => {
        if (this.#lanes.get(id)?.peer === peer) this.#forget(id)?.closed?.();
      },
      gone: (why) => {
        this.#peers.delete(peer);
        for (const [id, lane] of this.#lanes) if (lane.peer === peer) this.#forget(id)?.closed?.();
        if (why !== undefined)
          this.#log.warn({ peer: socket.remoteAddress, why }, 'a lane’s connection is closed');
      },
    });
    this.#peers.add(peer);
  }

  #tell(peer: Peer, id: number, what: (handler: LaneHandler) => void): void {
    const lane = this.#lanes.get(id);
    // Another's, or one that was closed here while its messages were under way.
    if (lane?.peer !== peer) return;
    try {
      what(lane.handler);
    } catch (err) {
      this.#log.error({ lane: id, err }, 'a lane’s handler failed');
    }
  }

  #forget(id: number): LaneHandler | undefined {
    const lane = this.#lanes.get(id);
    clearTimeout(lane?.timer);
    this.#lanes.delete(id);
    return lane?.handler;
  }
}

interface PeerEvents {
  /** The other half of the secret, when this is the right one. */
  open(id: number, secret: Buffer): Buffer | undefined;
  /** `kind`: message, copy or straight. */
  message(kind: Kind, id: number, bytes: Buffer): void;
  /** `answered`: the other end hears answers. Errors: FrameError. */
  shared(bytes: Buffer, answered: boolean): void;
  close(id: number): void;
  /** `why`: it misbehaved. */
  gone(why: string | undefined): void;
}

/** One connection. Until it has shown a secret it may say nothing longer than one, and not stay for longer than an offer lasts. */
class Peer {
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
    const proof = kind === Kind.open ? this.#events.open(lane, body) : undefined;
    if (proof === undefined) return this.#refuse('a wrong secret');
    this.strange = false;
    clearTimeout(this.#patience);
    this.#reader.allow(MAX_BODY_BYTES);
    this.#writer.send(Kind.opened, lane, proof);
  }

  #refuse(why: string): void {
    this.#why ??= why;
    this.#socket.destroy();
  }
}
