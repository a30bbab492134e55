import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { splitAddress } from './own-address.js';
import { ANSWER, ASK, PULSE_BYTES } from './pulse-wire.js';

/** From one question to the next, ms. */
const ASK_MS = 150;
/**
 * So many in a row without an answer are silence: 0.9 s to 1.05 s. One that stood still for 0.7 s has answered by then, and single datagrams may be lost.
 * Counted and not measured: where the asker itself stood still, one question was asked and not six, and its answer is read before it is judged.
 */
const SILENT_AFTER = 6;
/** One that leaves no more than so many open answers now. */
const BEATS_BELOW = 3;
/** What is silent for longer is no news: by then HTTP/2's own pings have said so, and a process that was started anew may have no pulse, ms. */
const FORGET_MS = 5_000;

interface Heart {
  readonly host: string;
  readonly port: number;
  readonly question: Buffer;
  /** Where that is; undefined while its name is looked up. */
  at: { readonly address: string; readonly family: number } | undefined;
  /** Whether it has answered: one that never did may be behind a firewall. */
  known: boolean;
  open: number;
  /** Since when it is silent, monotonic ms. */
  silentSince: number | undefined;
}

export interface PulsesOptions {
  /** Told once each time. */
  readonly silent: (address: string) => void;
  /** Silence counts only while another one answers: else it may be our own way that is gone, and there is nobody to go to. */
  readonly needsAnother: boolean;
}

/**
 * Asks services several times a second by UDP whether they live (`PulseAnswerer`), and so finds one that vanishes without a word within 1.05 s. What never answered is nothing known
 * of, and never called silent. Owned by its maker; ends by `close`.
 */
export class Pulses {
  readonly #options: PulsesOptions;
  readonly #hearts = new Map<string, Heart>();
  readonly #sockets = new Map<number, Socket>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: PulsesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#beat(), ASK_MS);
    this.#timer.unref();
  }

  /** These are asked from now on, and no others. */
  watch(addresses: Iterable<string>): void {
    const wanted = new Set(addresses);
    for (const address of this.#hearts.keys()) if (!wanted.has(address)) this.#hearts.delete(address);
    for (const address of wanted) {
      let heart = this.#hearts.get(address);
      if (heart === undefined) this.#hearts.set(address, (heart = heartAt(address)));
      // A name may lead elsewhere by now.
      if (!heart.known) void this.#find(heart);
    }
  }

  silent(address: string): boolean {
    return this.#hearts.get(address)?.silentSince !== undefined;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#hearts.clear();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #beat(): void {
    // After the sockets were read: answers that came while this process was busy count.
    setImmediate(() => {
      for (const [address, heart] of this.#hearts) this.#judge(address, heart);
      for (const heart of this.#hearts.values()) this.#ask(heart);
    });
  }

  #judge(address: string, heart: Heart): void {
    if (heart.silentSince !== undefined) {
      if (performance.now() - heart.silentSince >= FORGET_MS) forget(heart);
      return;
    }
    if (!heart.known || heart.open < SILENT_AFTER) return;
    if (this.#options.needsAnother && !this.#anotherBeats(heart)) return;
    heart.silentSince = performance.now();
    this.#options.silent(address);
  }

  #anotherBeats(heart: Heart): boolean {
    for (const other of this.#hearts.values())
      if (other !== heart && other.known && other.open < BEATS_BELOW) return true;
    return false;
  }

  #ask(heart: Heart): void {
    if (heart.at === undefined) return;
    heart.open += 1;
    const { address, family } = heart.at;
    // What cannot be sent is not answered.
    this.#socket(family).send(heart.question, heart.port, address, () => undefined);
  }

  async #find(heart: Heart): Promise<void> {
    try {
      heart.at = await lookup(heart.host);
    } catch {
      // A name that nobody knows now: asked for again with the next `watch`.
    }
  }

  #socket(family: number): Socket {
    let socket = this.#sockets.get(family);
    if (socket !== undefined) return socket;
    socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    socket.on('message', (answer) => this.#answered(answer));
    socket.on('error', () => undefined);
    socket.unref();
    this.#sockets.set(family, socket);
    return socket;
  }

  #answered(answer: Buffer): void {
    if (answer.length !== PULSE_BYTES || answer.toString('latin1', 0, ANSWER.length) !== ANSWER) return;
    const drawn = answer.subarray(ANSWER.length);
    for (const heart of this.#hearts.values()) {
      if (!heart.question.subarray(ASK.length).equals(drawn)) continue;
      heart.known = true;
      heart.open = 0;
      heart.silentSince = undefined;
    }
  }
}

function heartAt(address: string): Heart {
  const { host, port } = splitAddress(address);
  const question = Buffer.concat([Buffer.from(ASK, 'latin1'), randomBytes(PULSE_BYTES - ASK.length)]);
  return { host, port, question, at: undefined, known: false, open: 0, silentSince: undefined };
}

function forget(heart: Heart): void {
  heart.known = false;
  heart.open = 0;
  heart.silentSince = undefined;
}
