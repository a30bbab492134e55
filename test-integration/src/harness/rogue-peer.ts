import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';

const ROOT = path.join(import.meta.dirname, '../../..');
const PROGRAM = path.join(ROOT, 'bench/native/out/hostile');

/** How bytes leave: as SRTP, as SRTCP, as a record of DTLS, as they are. */
export type How = 'rtp' | 'rtcp' | 'dtls' | 'raw';

/** One connection with keys, in bench/native/hostile. Ends by `close`. */
export class RoguePeer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor() {
    this.#child = spawn(PROGRAM, { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error(`${PROGRAM} has no output`);
    this.#lines = readline.createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  static async start(): Promise<RoguePeer> {
    await promisify(execFile)('make', ['-s', '-C', path.join(ROOT, 'bench/native'), 'out/hostile']);
    return new RoguePeer();
  }

  /** SHA-256 of its certificate; asked first. */
  fingerprint(): Promise<string> {
    return this.#hears('fingerprint');
  }

  /** By the other end's first candidate of UDP. */
  async connect(to: { ip: string; port: string; ufrag: string; pwd: string }): Promise<void> {
    this.#say([to.ip, to.port, to.ufrag, to.pwd].join(' '));
    await this.#hears('connected');
  }

  /** Sends it so many times; answers how often it left. */
  async send(how: How, bytes: Uint8Array, times: number): Promise<number> {
    this.#say(`${how} ${times} ${Buffer.from(bytes).toString('hex')}`);
    return Number(await this.#hears('sent'));
  }

  #say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The rest of its next line, which must begin with that word. */
  async #hears(word: string): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true || !value.startsWith(`${word} `))
      throw new Error(`wanted '${word} …' of a rogue peer, it said '${value ?? 'nothing more'}'`);
    return value.slice(word.length + 1);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
