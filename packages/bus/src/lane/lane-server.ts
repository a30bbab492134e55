import crypto from 'node:crypto';
import { chmodSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import type { ControlBatch, LaneOffer } from '@ancloud/contracts/input/v1/input';
import { bindError, type FarmTls, type Log, removeStaleSocket, splitAddress } from '@ancloud/kit';
import { Kind, PROOF_BYTES } from './frame.js';
import { type LaneAnswer, OFFER_MS, Peer } from './lane-peer.js';
import { sameProof } from './proof.js';
import { readShared, type Share } from './shared.js';

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
  /** Whether its copies are waited for; undefined: its other end does not hear of it. */
  haste: boolean | undefined;
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

  /**
   * Messages of whoever takes up the offer go to `handler`, until that end closes the lane or `withdraw` does.
   * @param haste as `hurry`; undefined (default): whoever asked for the lane does not hear of it.
   */
  offer(of: LaneFor, handler: LaneHandler, haste?: boolean): LaneOffer {
    const id = this.#next;
    this.#next = (this.#next % 0xffff_ffff) + 1;
    const secret = crypto.randomBytes(2 * PROOF_BYTES);
    const timer = setTimeout(() => this.#forget(id)?.closed?.(), OFFER_MS).unref();
    this.#lanes.set(id, { of, handler, secret, timer, peer: undefined, haste });
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

  /**
   * Whether copies on the phone's lanes are waited for from now on, by those whose other ends hear of it: a copy leaves at once, or a
   * millisecond later, so that who has the message itself is woken alone.
   */
  hurry(phone: string, haste: boolean): void {
    for (const [id, lane] of this.#lanes) {
      if (lane.of.phone !== phone || lane.haste === undefined || lane.haste === haste) continue;
      lane.haste = haste;
      lane.peer?.hurry(id, haste);
    }
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
        return { proof, haste: lane.haste === true };
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
