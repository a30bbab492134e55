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

/** A program of bench/native that is one or more WebRTC viewers and speaks in lines: `fingerprint …`, `connected …`. */
export class NativeViewer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** SHA-256 of its certificate, for the server's side of DTLS. */
  readonly fingerprint: string;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, fingerprint: string) {
    this.#child = child;
    this.#lines = lines;
    this.fingerprint = fingerprint;
  }

  static async start(program: string, args: readonly string[] = []): Promise<NativeViewer> {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child, 'spawn');
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const viewer = new NativeViewer(child, lines, '');
    const [what, fingerprint] = (await viewer.line()).split(' ');
    if (what !== 'fingerprint' || fingerprint === undefined)
      throw new Error(`${program} did not begin as it should`);
    return new NativeViewer(child, lines, fingerprint);
  }

  /** One viewer more; resolves when it is connected. */
  async connect(candidate: Candidate): Promise<void> {
    const { ip, port, usernameFragment, password } = candidate;
    this.say(`${ip} ${port} ${usernameFragment} ${password}`);
    const line = await this.line();
    if (!line.startsWith('connected')) throw new Error(`native viewer: ${line}`);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Ends its standard input. */
  hush(): void {
    this.#child.stdin?.end();
  }

  /** The next line it says; rejects at the end. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('a native viewer ended early');
    return value;
  }

  /** Ends the process; also one that has ended. */
  close(): Promise<void> {
    return end(this.#child);
  }
}
