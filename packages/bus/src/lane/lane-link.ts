import net from 'node:net';
import tls from 'node:tls';
import { ControlAck, type LaneOffer } from '@ancloud/contracts/input/v1/input';
import { AppError, type FarmTls, splitAddress } from '@ancloud/kit';
import { ANSWER_BYTES, FrameReader, Kind, PROOF_BYTES } from './frame.js';
import { sameProof } from './proof.js';
import { FrameWriter } from './frame-writer.js';

/** To connect, and to be answered. */
const OPEN_MS = 2_000;
/** Who was sent something is asked after so long whether it is there, and given as long to answer: a dead machine closes no connection. */
const SILENCE_MS = 2_000;

/** A connection whose other end hears messages for many of its lanes at once. One object for each connection. */
export interface SharingLink {
  /** Sends the body of a `shared` frame, which may name lanes of this connection that are open. As OpenLane's `send`. */
  send(body: Uint8Array): boolean;
}

/** A lane as its sender holds it. */
export interface OpenLane {
  /** Its number in the process that offered it. */
  readonly lane: number;
  /** Absent: whoever offered it hears no shared messages. */
  readonly sharing?: SharingLink | undefined;
  /** False = not sent: the lane is closed, or the other end does not read. `bytes` are copied. */
  send(bytes: Uint8Array): boolean;
  /** Says that messages go by the straight lane of that number from here on. As `send`. */
  straight(lane: number): boolean;
  /** A message that went straight. It may leave a little later, unless the other end has said that it waits for it. As `send`. */
  copy(bytes: Uint8Array): boolean;
  /** May be called twice. */
  close(): void;
}

interface Opening {
  readonly proof: Uint8Array;
  readonly opened: PromiseWithResolvers<void>;
  /** Told once, when the other end closed it or is gone. */
  readonly closed: () => void;
  readonly acked: ((ack: ControlAck) => void) | undefined;
  /** The other end waits for copies. */
  hasty: boolean;
}

/** One connection to a process that offers lanes, and all lanes to it. Ends with its last lane, or when it breaks. */
export class LaneLink {
  readonly #address: string;
  readonly #socket: net.Socket;
  readonly #writer: FrameWriter;
  readonly #lanes = new Map<number, Opening>();
  readonly #ended: () => void;
  readonly #sharing: SharingLink = {
    // Lane 1: answers by this connection are heard. Who does not know that sends them by NATS.
    send: (body) => this.#sent(this.#writer.send(Kind.shared, 1, body)),
  };
  #silence: NodeJS.Timeout | undefined;
  #over = false;

  /** `ended`: told once. `certificates`: over TCP, by TLS. */
  constructor(address: string, ended: () => void, certificates?: FarmTls) {
    this.#address = address;
    this.#ended = ended;
    this.#socket = connect(address, certificates);
    this.#socket.setNoDelay(true);
    this.#writer = new FrameWriter(this.#socket);
    // Towards here come answers only.
    const reader = new FrameReader((kind, lane, body) => this.#frame(kind, lane, body), ANSWER_BYTES);
    this.#socket.on('data', (chunk: Buffer) => {
      try {
        reader.read(chunk);
      } catch {
        this.#end('what answers there speaks no lanes');
      }
    });
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('the connection was closed'));
  }

  /** `acked` hears answers to shared messages. Errors: UNAVAILABLE when nobody answers within 2 s, or not who made the offer. */
  async open(
    { lane, secret, shared }: LaneOffer,
    closed: () => void,
    acked?: (ack: ControlAck) => void,
  ): Promise<OpenLane> {
    const opened = Promise.withResolvers<void>();
    const opening: Opening = { proof: secret.subarray(PROOF_BYTES), opened, closed, acked, hasty: false };
    this.#lanes.set(lane, opening);
    const timer = setTimeout(() => this.#end(`no answer within ${OPEN_MS} ms`), OPEN_MS);
    if (!this.#writer.send(Kind.open, lane, secret.subarray(0, PROOF_BYTES)))
      this.#end('the connection is closed');
    try {
      await opened.promise;
    } finally {
      clearTimeout(timer);
    }
    return {
      lane,
      sharing: shared === true ? this.#sharing : undefined,
      send: (bytes) => this.#sent(this.#lanes.has(lane) && this.#writer.send(Kind.message, lane, bytes)),
      straight: (other) => {
        const body = Buffer.alloc(4);
        body.writeUInt32LE(other);
        return this.#sent(this.#lanes.has(lane) && this.#writer.send(Kind.straight, lane, body));
      },
      copy: (bytes) =>
        this.#sent(
          this.#lanes.has(lane) &&
            (opening.hasty
              ? this.#writer.send(Kind.copy, lane, bytes)
              : this.#writer.sendLater(Kind.copy, lane, bytes)),
        ),
      close: () => {
        if (!this.#lanes.delete(lane)) return;
        this.#writer.send(Kind.close, lane);
        if (this.#lanes.size === 0) this.#leave();
      },
    };
  }

  /** Ends all its lanes, of which nobody is told: it is their senders' own end. May be called twice. */
  close(): void {
    for (const { opened } of this.#lanes.values())
      opened.reject(new AppError('UNAVAILABLE', `a lane to ${this.#address}: this service ends`));
    this.#lanes.clear();
    this.#end('');
  }

  #frame(kind: Kind, lane: number, body: Buffer): void {
    const opening = this.#lanes.get(lane);
    if (kind === Kind.ack) opening?.acked?.(ControlAck.decode(body));
    else if (kind === Kind.haste) {
      if (opening !== undefined) opening.hasty = body[0] === 1;
    } else if (kind === Kind.pong) {
      clearTimeout(this.#silence);
      this.#silence = undefined;
    } else if (kind === Kind.opened && opening !== undefined) {
      if (sameProof(opening.proof, body)) opening.opened.resolve();
      else this.#end('who answers there did not make the offer');
    } else if (kind === Kind.close && opening !== undefined) {
      this.#lanes.delete(lane);
      this.#tell(opening, 'the lane was closed');
      if (this.#lanes.size === 0) this.#leave();
    }
  }

  /** Whoever was sent something is asked after. */
  #sent(done: boolean): boolean {
    if (done) this.#silence ??= setTimeout(() => this.#ask(), SILENCE_MS).unref();
    return done;
  }

  #ask(): void {
    this.#writer.send(Kind.ping, 0);
    const asked = setTimeout(() => {
      // Not by an answer that waits to be read while this process was late itself.
      setImmediate(() => {
        if (this.#silence === asked) this.#end('no word from the other end');
      });
    }, SILENCE_MS).unref();
    this.#silence = asked;
  }

  /** Lets what was written leave first. */
  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#silence);
    this.#ended();
    queueMicrotask(() => this.#socket.end());
  }

  #end(why: string): void {
    if (!this.#over) {
      this.#over = true;
      clearTimeout(this.#silence);
      this.#ended();
    }
    this.#socket.destroy();
    const lanes = [...this.#lanes.values()];
    this.#lanes.clear();
    for (const opening of lanes) this.#tell(opening, why);
  }

  #tell({ opened, closed }: Opening, why: string): void {
    opened.reject(new AppError('UNAVAILABLE', `a lane to ${this.#address}: ${why}`));
    closed();
  }
}

/** What is written meanwhile leaves when the connection stands. */
function connect(address: string, certificates: FarmTls | undefined): net.Socket {
  if (address.startsWith('unix:')) return net.connect({ path: address.slice('unix:'.length) });
  const target = splitAddress(address);
  return certificates === undefined ? net.connect(target) : tls.connect({ ...target, ...certificates });
}
