import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';
import {
  type ClientRequests,
  type ConsumerOptions,
  parseFrame,
  type TransportOptions,
} from '@ancloud/contracts/viewer';
import type { Farm } from './farm.js';

const ROOT = path.join(import.meta.dirname, '../../..');

/** How bytes leave: as SRTP, as SRTCP, as a record of DTLS, as they are. */
export type How = 'rtp' | 'rtcp' | 'dtls' | 'raw';

/** One connection with keys, in bench/native/hostile. */
class Peer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(program: string) {
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error(`${program} has no output`);
    this.#lines = readline.createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The rest of its next line, which must begin with that word. */
  async hears(word: string): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true || !value.startsWith(`${word} `))
      throw new Error(`wanted '${word} …' of a rogue viewer, it said '${value ?? 'nothing more'}'`);
    return value.slice(word.length + 1);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** A viewer that was let in by its token, with the keys of its connections, and does with them as it likes. Ends by `close`. */
export class RogueViewer {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #peers: Record<'media' | 'channels', Peer>;
  #consumers: readonly ConsumerOptions[] = [];
  #asked = 0;

  private constructor(socket: WebSocket, peers: Record<'media' | 'channels', Peer>) {
    this.#socket = socket;
    this.#peers = peers;
    socket.addEventListener('message', ({ data }) => this.#heard(String(data)));
  }

  /** It receives the phone's picture and sound, and has a transport for data channels on which it has made none. */
  static async join(farm: Farm, phone: string): Promise<RogueViewer> {
    await promisify(execFile)('make', ['-s', '-C', path.join(ROOT, 'bench/native'), 'out/hostile']);
    const { token } = await farm.viewer(phone, 'control');
    const socket = new WebSocket(`${farm.address.url.replace('http', 'ws')}/v1/signal`);
    await once(socket, 'open');
    const program = path.join(ROOT, 'bench/native/out/hostile');
    const rogue = new RogueViewer(socket, { media: new Peer(program), channels: new Peer(program) });
    const joined = await rogue.#ask('join', { token, receive: true });
    await rogue.#connect('media', joined.transport);
    await rogue.#connect('channels', await rogue.#ask('createTransport', { direction: 'send' }));
    rogue.#consumers =
      joined.consumers ??
      (await rogue.#ask('consume', { rtpCapabilities: joined.rtpCapabilities })).consumers;
    for (const { id } of rogue.#consumers) await rogue.#ask('resume', { consumer: id });
    return rogue;
  }

  /** What it is sent a kind under. */
  ssrc(kind: 'video' | 'audio'): number {
    const parameters = this.#consumers.find((one) => one.kind === kind)?.rtpParameters;
    return (parameters?.['encodings'] as { ssrc: number }[] | undefined)?.[0]?.ssrc ?? 0;
  }

  /** Sends it so many times; answers how often it left. */
  async send(way: 'media' | 'channels', how: How, bytes: Uint8Array, times = 1): Promise<number> {
    const peer = this.#peers[way];
    peer.say(`${how} ${times} ${Buffer.from(bytes).toString('hex')}`);
    return Number(await peer.hears('sent'));
  }

  /** Stops its picture and lets it go on. */
  async flicker(): Promise<void> {
    const consumer = this.#consumers.find(({ kind }) => kind === 'video')?.id ?? '';
    await this.#ask('pause', { consumer });
    await this.#ask('resume', { consumer });
  }

  async close(): Promise<void> {
    this.#socket.close();
    for (const peer of Object.values(this.#peers)) await peer.close();
  }

  async #connect(way: 'media' | 'channels', transport: TransportOptions): Promise<void> {
    const peer = this.#peers[way];
    const fingerprints = [{ algorithm: 'sha-256', value: await peer.hears('fingerprint') }];
    await this.#ask('connectTransport', {
      transport: transport.id,
      dtlsParameters: { role: 'client', fingerprints },
    });
    const udp = transport.iceCandidates.find(({ protocol }) => protocol === 'udp') ?? {};
    const { usernameFragment, password } = transport.iceParameters;
    peer.say([udp['ip'], udp['port'], usernameFragment, password].map(String).join(' '));
    await peer.hears('connected');
  }

  #ask<M extends keyof ClientRequests>(
    method: M,
    data: ClientRequests[M]['data'],
  ): Promise<ClientRequests[M]['reply']> {
    const id = ++this.#asked;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, data }));
    return answer.promise as Promise<ClientRequests[M]['reply']>;
  }

  #heard(text: string): void {
    const frame = parseFrame(text);
    if (frame === null || 'notify' in frame) return;
    // Only pings are asked.
    if ('method' in frame) return this.#socket.send(JSON.stringify({ id: frame.id, ok: {} }));
    const waiting = this.#waiting.get(frame.id);
    if (frame.error === undefined) waiting?.resolve(frame.ok);
    else waiting?.reject(new Error(`${frame.error.code}: ${frame.error.message}`));
  }
}
