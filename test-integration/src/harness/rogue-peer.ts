import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';

const ROOT = path.join(import.meta.dirname, '../../..');
const PROGRAM = path.join(ROOT, 'bench/native/out/hostile');

/** How bytes leave: as SRTP, as SRTCP, as a record of DTLS, as they are. */
export type How = 'rtp' | 'rtcp' | 'dtls' | 'raw';

/** How a message is sent by SCTP (RFC 8831). */
export interface Oddity {
  readonly stream: number;
  /** What it says it is; default 53, binary. */
  readonly ppid?: number;
  /** Default false. */
  readonly unordered?: boolean;
  /** Its end does not come; default false. */
  readonly open?: boolean;
  /** Its length, bytes: zeros follow what is given; default what is given. */
  readonly size?: number;
}

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

  /** Begins an SCTP association over the connection. */
  async associate(): Promise<void> {
    this.#say('associate');
    await this.#hears('associated');
  }

  /** Sends a message so many times by the association; answers how often it was taken. */
  async message(as: Oddity, bytes: Uint8Array, times: number): Promise<number> {
    const { stream, ppid = 53, unordered = false, open = false, size = bytes.length } = as;
    const how = `${unordered ? 'u' : ''}${open ? 'o' : ''}` || '-';
    this.#say(`message ${times} ${stream} ${ppid} ${how} ${size} ${Buffer.from(bytes).toString('hex')}`);
    return Number(await this.#hears('sent'));
  }

  /** Has all its streams begin anew so many times; answers how often that was taken. */
  async reset(times: number): Promise<number> {
    this.#say(`reset ${times}`);
    return Number(await this.#hears('sent'));
  }

  /** Packets so far: of RTP that came to it, of SCTP that left. */
  async heard(): Promise<{ rtp: number; sctp: number }> {
    this.#say('heard');
    const [rtp, sctp] = (await this.#hears('heard')).split(' ');
    return { rtp: Number(rtp), sctp: Number(sctp) };
  }

  #say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The rest of its next line, in the order of what was said to it; it must begin with that word. */
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
