import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP, SocketAddress } from 'node:net';
import type { IceTarget } from '../core/push-sdp.js';
import type { IceCredentials } from '../core/sdp.js';
import { writeCheck, writeCheckAnswer } from './ice-messages.js';
import { attribute, hasIntegrity, method, readStun, type StunMessage, valueOf } from './stun.js';

/** Between the first checks of two candidates (RFC 8445 §14.2: Ta). */
const PACE_MS = 50;
/** A check without an answer goes out again, each time twice as late, so many times (RFC 8489 §6.2.1). */
const REPEAT_MS = 500;
const MAX_REPEATS = 5;
/** From the answer to the first pair that works. */
const CONNECT_MS = 15_000;
/** Between checks of consent, give or take a fifth, and what may pass without an answer (RFC 7675 §5.1, which would wait 30 s). */
const CONSENT_MS = 5_000;
const CONSENT_ENDS_MS = 15_000;
/** Pairs, those that the other side's checks bring to light among them. */
const MAX_PAIRS = 32;
/** A key frame comes at once. */
const BUFFER = 1 << 20;

export interface IceAgentOptions {
  /** mediasoup's end of the transport, on this machine, and its credentials. */
  readonly inner: IceTarget & { readonly ice: IceCredentials };
  /** Whether anything may be sent to an address. */
  readonly allows: (address: string) => boolean;
  /** Told of each packet that goes to the other side. */
  readonly sent: (packet: Buffer) => void;
  /** Called once, unless it was closed: nobody answers, or not any more. */
  readonly failed: (reason: string) => void;
}

interface Pair extends IceTarget {
  readonly socket: Socket;
  timer: NodeJS.Timeout | undefined;
}

interface Check {
  readonly answered: () => void;
  readonly from: Pair | undefined;
}

/**
 * The part of ICE that mediasoup does not have: a full agent (RFC 8445), controlling, for one component over UDP, in front of a transport
 * of mediasoup's, which is lite. It finds the way to the other side, lite or full, keeps its consent, and passes everything else on as it
 * is: DTLS and SRTP are between that side and mediasoup. Owns its sockets; ends by `close`.
 */
export class IceAgent {
  /** Ours, for the offer. */
  readonly ice: IceCredentials = {
    usernameFragment: randomBytes(6).toString('base64'),
    password: randomBytes(18).toString('base64'),
  };
  readonly #options: IceAgentOptions;
  readonly #tieBreaker = randomBytes(8);
  readonly #inner: Socket;
  readonly #outer = new Map<number, Socket>();
  readonly #pairs: Pair[] = [];
  readonly #checks = new Map<string, Check>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #remote: IceCredentials | undefined;
  #phase: 'looking' | 'nominating' | 'selecting' = 'looking';
  /** What everything goes to; its socket is connected. */
  #selected: Pair | undefined;
  #consentAtMs = 0;
  #closed = false;

  constructor(options: IceAgentOptions) {
    this.#options = options;
    this.#inner = this.#open('udp4');
    this.#inner.on('message', (packet) => {
      if (isStun(packet)) this.#answered(packet, undefined);
      else this.#out(packet);
    });
    this.#inner.connect(options.inner.port, options.inner.address);
  }

  /** Begins to look for the way, once: the other side has answered. */
  connect(remote: { readonly ice: IceCredentials; readonly candidates: readonly IceTarget[] }): void {
    this.#remote = remote.ice;
    const usable = remote.candidates.filter(
      ({ address }) => isIP(address) !== 0 && this.#options.allows(address),
    );
    if (usable.length === 0)
      return this.#fail('the server names no address for media that the farm sends to');
    for (const [at, target] of usable.entries()) {
      const pair = this.#pair(target);
      this.#later(at * PACE_MS, () => this.#check(pair, false));
    }
    this.#later(CONNECT_MS, () => {
      if (this.#selected === undefined) this.#fail('the server answers no connectivity check by UDP');
    });
  }

  /** Nothing is told after it. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timers.forEach(clearTimeout);
    for (const socket of [this.#inner, ...this.#outer.values()]) socket.close();
  }

  #pair({ address, port }: IceTarget): Pair {
    const family = isIP(address);
    const pair: Pair = {
      address: new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }).address,
      port,
      socket: this.#socketOf(family),
      timer: undefined,
    };
    this.#pairs.push(pair);
    return pair;
  }

  #socketOf(family: number): Socket {
    const known = this.#outer.get(family);
    if (known !== undefined) return known;
    const socket = this.#open(family === 6 ? 'udp6' : 'udp4');
    socket.on('message', (packet, from) => this.#heard(socket, packet, from));
    this.#outer.set(family, socket);
    return socket;
  }

  #open(type: 'udp4' | 'udp6'): Socket {
    const socket = createSocket({ type, recvBufferSize: BUFFER, sendBufferSize: BUFFER });
    // Of a connected socket: nobody listens there any more. Before, a candidate that leads nowhere.
    socket.on('error', ({ message }) => {
      if (socket === this.#selected?.socket || socket === this.#inner) this.#fail(message);
    });
    return socket;
  }

  #heard(socket: Socket, packet: Buffer, from: RemoteInfo): void {
    const pair = this.#pairs.find(
      (one) => one.socket === socket && one.address === from.address && one.port === from.port,
    );
    if (!isStun(packet)) {
      if (pair !== undefined && pair === this.#selected) this.#inner.send(packet);
      return;
    }
    const message = readStun(packet);
    if (message?.kind === 'request') this.#asked(socket, packet, message, from, pair);
    else this.#answered(packet, pair);
  }

  /** A check of a full agent's (RFC 8445 §7.3). */
  #asked(
    socket: Socket,
    packet: Buffer,
    message: StunMessage,
    from: RemoteInfo,
    known: Pair | undefined,
  ): void {
    const { usernameFragment, password } = this.ice;
    const username = valueOf(message, attribute.username)?.toString() ?? '';
    if (message.method !== method.binding || this.#remote === undefined) return;
    if (!username.startsWith(`${usernameFragment}:`) || !hasIntegrity(packet, Buffer.from(password))) return;
    // A pair was allowed when it was made.
    if (known === undefined && !this.#options.allows(from.address)) return;
    const { transaction } = message;
    // Both think that they choose: whoever offered does (§7.3.1.1, RFC 8839 §4.2), and the other one hears of it.
    const conflict = valueOf(message, attribute.iceControlling) !== undefined;
    const answer = writeCheckAnswer(transaction, password, conflict ? 'role conflict' : from);
    if (socket === this.#selected?.socket) socket.send(answer);
    else socket.send(answer, from.port, from.address, () => undefined);
    if (conflict || this.#phase !== 'looking' || known !== undefined || this.#pairs.length >= MAX_PAIRS)
      return;
    this.#check(this.#pair(from), false);
  }

  #answered(packet: Buffer, pair: Pair | undefined): void {
    const message = readStun(packet);
    if (message?.kind !== 'success') return;
    const id = Buffer.from(message.transaction).toString('hex');
    const check = this.#checks.get(id);
    // From where it was asked (RFC 8445 §7.2.5.2.1); of mediasoup's end there is one place only.
    if (check === undefined || check.from !== pair) return;
    this.#checks.delete(id);
    check.answered();
  }

  /** Asks, again and again, whether a pair works; `nominate` says that it is the one. */
  #check(pair: Pair, nominate: boolean, repeats = 0): void {
    if (this.#closed || this.#remote === undefined) return;
    if (this.#phase !== (nominate ? 'nominating' : 'looking')) return;
    const bytes = this.#request(this.#remote, nominate, {
      from: pair,
      answered: () => {
        if (this.#phase === 'nominating' && nominate) return this.#select(pair);
        // The first that works is as good as a better one that comes later: most servers have one way in.
        if (this.#phase !== 'looking') return;
        this.#phase = 'nominating';
        this.#check(pair, true);
      },
    });
    pair.socket.send(bytes, pair.port, pair.address, () => undefined);
    if (repeats >= MAX_REPEATS) return;
    clearTimeout(pair.timer);
    pair.timer = this.#later(REPEAT_MS * 2 ** repeats, () => this.#check(pair, nominate, repeats + 1));
  }

  #select(pair: Pair): void {
    this.#phase = 'selecting';
    this.#consentAtMs = performance.now();
    // Nothing comes from anywhere else now, and that nobody listens there any more is told.
    pair.socket.connect(pair.port, pair.address, () => {
      if (this.#closed) return;
      this.#selected = pair;
      this.#consent(pair);
      this.#tellInner();
    });
  }

  /** The other side still wants it (RFC 7675). */
  #consent(pair: Pair): void {
    if (performance.now() - this.#consentAtMs > CONSENT_ENDS_MS)
      return this.#fail('the server does not answer any more');
    if (this.#remote === undefined) return;
    const answered = (): void => {
      this.#consentAtMs = performance.now();
    };
    pair.socket.send(this.#request(this.#remote, false, { from: pair, answered }));
    this.#later(CONSENT_MS * (0.8 + 0.4 * Math.random()), () => this.#consent(pair));
  }

  /** mediasoup begins with DTLS when it is told that a way was found, and ends when nobody tells it so any more. */
  #tellInner(repeats = 0): void {
    let answered = false;
    const check = { from: undefined, answered: () => (answered = true) };
    this.#inner.send(this.#request(this.#options.inner.ice, true, check));
    this.#later(repeats < MAX_REPEATS ? REPEAT_MS : CONSENT_MS, () =>
      this.#tellInner(answered ? MAX_REPEATS : repeats + 1),
    );
  }

  #request(to: IceCredentials, use: boolean, check: Check): Buffer {
    const transaction = randomBytes(12);
    const id = transaction.toString('hex');
    this.#checks.set(id, check);
    this.#later(CONSENT_ENDS_MS, () => this.#checks.delete(id));
    return writeCheck({ transaction, from: this.ice, to, tieBreaker: this.#tieBreaker, use });
  }

  #out(packet: Buffer): void {
    if (this.#selected === undefined) return;
    this.#selected.socket.send(packet);
    this.#options.sent(packet);
  }

  #later(ms: number, what: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      what();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  #fail(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#options.failed(reason);
  }
}

/** RFC 7983: STUN begins with 0 to 3, DTLS with 20 to 63, RTP and RTCP with 128 to 191. */
function isStun(packet: Buffer): boolean {
  return (packet[0] ?? 0xff) <= 3;
}
