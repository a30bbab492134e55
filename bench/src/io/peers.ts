import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import readline from 'node:readline';
import { end } from './command.js';

/** Where a WebRTC server takes a viewer. */
export interface Candidate {
  readonly ip: string;
  readonly port: number;
  readonly usernameFragment: string;
  readonly password: string;
}

/** A packet with the marker bit, as it was decrypted. */
export interface ReceivedFrame {
  readonly ssrc: number;
  readonly timestamp: number;
  /** Last four bytes of the packet. */
  readonly tag: number;
  /** CLOCK_MONOTONIC. */
  readonly ns: bigint;
}

export interface Received {
  readonly frames: readonly ReceivedFrame[];
  readonly packets: number;
  readonly lost: number;
}

/** bench/native/peers with one viewer: a DTLS/SRTP receiver that is no browser. */
export class Peer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** SHA-256 of its certificate, for the server's side of DTLS. */
  readonly fingerprint: string;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, fingerprint: string) {
    this.#child = child;
    this.#lines = lines;
    this.fingerprint = fingerprint;
  }

  static async start(program: string): Promise<Peer> {
    const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child, 'spawn');
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const [what, fingerprint] = (await next(lines)).split(' ');
    if (what !== 'fingerprint' || fingerprint === undefined)
      throw new Error('peers did not begin as it should');
    return new Peer(child, lines, fingerprint);
  }

  /** Resolves when media can come. */
  async connect(candidate: Candidate): Promise<void> {
    const { ip, port, usernameFragment, password } = candidate;
    this.#child.stdin?.write(`${ip} ${port} ${usernameFragment} ${password}\n`);
    const line = await next(this.#lines);
    if (!line.startsWith('connected')) throw new Error(`peer: ${line}`);
  }

  /** Ends it and answers all that has come. */
  async finish(): Promise<Received> {
    this.#child.stdin?.end();
    const frames: ReceivedFrame[] = [];
    for (;;) {
      const [kind, , a = '', b = '', c = '', d = ''] = (await next(this.#lines)).split(' ');
      if (kind === 'total') return { frames, packets: Number(a), lost: Number(b) };
      if (kind === 'frame')
        frames.push({ ssrc: Number(a), timestamp: Number(b), tag: parseInt(c, 16), ns: BigInt(d) });
    }
  }

  /** Also after `finish`. */
  close(): Promise<void> {
    return end(this.#child);
  }
}

async function next(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error('peers ended early');
  return value;
}
