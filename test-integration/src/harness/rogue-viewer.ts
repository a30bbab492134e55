import { once } from 'node:events';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import {
  type ClientRequests,
  type ConsumerOptions,
  parseFrame,
  type TransportOptions,
} from '@ancloud/contracts/viewer';
import type { Farm } from './farm.js';
import { type How, type Oddity, RoguePeer } from './rogue-peer.js';

/** The streams of its input channels, as the player numbers its own. */
const STREAMS = { input: 0, moves: 1 } as const;
const FULL = 65_535;

/** A viewer that was let in by its token, with the keys of its connections, and does with them as it likes. Ends by `close`. */
export class RogueViewer {
  readonly viewerId: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #peers: Record<'media' | 'channels', RoguePeer>;
  #consumers: readonly ConsumerOptions[] = [];
  #rtpCapabilities: ClientRequests['consume']['data']['rtpCapabilities'] | undefined;
  #offered = Promise.withResolvers<ConsumerOptions>();
  #asked = 0;
  #transport = '';
  #gestures = 0;

  private constructor(viewerId: string, socket: WebSocket, peers: Record<'media' | 'channels', RoguePeer>) {
    this.viewerId = viewerId;
    this.#socket = socket;
    this.#peers = peers;
    socket.addEventListener('message', ({ data }) => this.#heard(String(data)));
  }

  /** It receives the phone's picture and sound, and has a transport for data channels on which it has made none. */
  static async join(farm: Farm, phone: string): Promise<RogueViewer> {
    const { viewerId, token } = await farm.viewer(phone, 'control');
    const socket = new WebSocket(`${farm.address.url.replace('http', 'ws')}/v1/signal`);
    await once(socket, 'open');
    const [media, channels] = [await RoguePeer.start(), await RoguePeer.start()];
    const rogue = new RogueViewer(viewerId, socket, { media, channels });
    const joined = await rogue.#ask('join', { token, receive: true });
    rogue.#rtpCapabilities = joined.rtpCapabilities;
    await rogue.#connect('media', joined.transport);
    const sending = await rogue.#ask('createTransport', { direction: 'send' });
    rogue.#transport = sending.id;
    await rogue.#connect('channels', sending);
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
  send(way: 'media' | 'channels', how: How, bytes: Uint8Array, times = 1): Promise<number> {
    return this.#peers[way].send(how, bytes, times);
  }

  /** Begins its SCTP association and opens the two channels of a player. */
  async openChannels(): Promise<void> {
    await this.#peers.channels.associate();
    const transport = this.#transport;
    const input = { streamId: STREAMS.input, ordered: true };
    const moves = { streamId: STREAMS.moves, ordered: false, maxRetransmits: 0 };
    await this.#ask('produceData', { transport, label: 'input', sctpStreamParameters: input });
    await this.#ask('produceData', { transport, label: 'moves', sctpStreamParameters: moves });
  }

  /** Sends a message so many times by its association; answers how often it was taken. */
  message(as: Oddity, bytes: Uint8Array = new Uint8Array(), times = 1): Promise<number> {
    return this.#peers.channels.message(as, bytes, times);
  }

  /** Has all streams of its association begin anew so many times; answers how often that was taken. */
  reset(times: number): Promise<number> {
    return this.#peers.channels.reset(times);
  }

  /** A finger goes down and up in the middle; answers how many of the two messages were taken. */
  async touch(): Promise<number> {
    const gesture = ++this.#gestures;
    const finger = { finger: 0, x: FULL >> 1, y: FULL >> 1, pressure: FULL };
    const rest = { gesture, finger: 0, buttons: 0, mouse: false, width: 0, height: 0 };
    const { TOUCH_ACTION_DOWN: down, TOUCH_ACTION_UP: up } = TouchAction;
    let taken = 0;
    for (const value of [
      { ...rest, sequence: 1, action: down, fingers: [finger] },
      { ...rest, sequence: 2, action: up, fingers: [] },
    ]) {
      const bytes = ViewerInput.encode({ input: { $case: 'touch', value }, sentAtMs: 0 }).finish();
      taken += await this.message({ stream: STREAMS.input }, bytes);
    }
    return taken;
  }

  /** Packets so far: of RTP that came to it, of SCTP that left it. */
  async heard(): Promise<{ rtp: number; sctp: number }> {
    const [{ rtp }, { sctp }] = await Promise.all([this.#peers.media.heard(), this.#peers.channels.heard()]);
    return { rtp, sctp };
  }

  /** Stops its picture and lets it go on. */
  async flicker(): Promise<void> {
    const consumer = this.#consumers.find(({ kind }) => kind === 'video')?.id ?? '';
    await this.#ask('pause', { consumer });
    await this.#ask('resume', { consumer });
  }

  /** Has the other layer, by its own word: it looks at no picture. */
  async swap(want: 'low' | 'main'): Promise<void> {
    this.#offered = Promise.withResolvers();
    await this.#ask('quality', { want });
    const { id } = await this.#offered.promise;
    await this.#ask('resume', { consumer: id });
    await this.#ask('swapped', { consumer: id });
  }

  /** Consumes anew, and lets nothing of it begin. */
  async consumeUnseen(): Promise<void> {
    const rtpCapabilities = this.#rtpCapabilities ?? {};
    this.#consumers = (await this.#ask('consume', { rtpCapabilities })).consumers;
  }

  async close(): Promise<void> {
    this.#socket.close();
    for (const peer of Object.values(this.#peers)) await peer.close();
  }

  async #connect(way: 'media' | 'channels', transport: TransportOptions): Promise<void> {
    const peer = this.#peers[way];
    const fingerprints = [{ algorithm: 'sha-256', value: await peer.fingerprint() }];
    await this.#ask('connectTransport', {
      transport: transport.id,
      dtlsParameters: { role: 'client', fingerprints },
    });
    const udp = transport.iceCandidates.find(({ protocol }) => protocol === 'udp') ?? {};
    const { usernameFragment, password } = transport.iceParameters;
    await peer.connect({
      ip: String(udp['ip']),
      port: String(udp['port']),
      ufrag: String(usernameFragment),
      pwd: String(password),
    });
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
    if (frame === null) return;
    if ('notify' in frame) {
      if (frame.notify === 'layer')
        this.#offered.resolve((frame.data as { consumer: ConsumerOptions }).consumer);
      return;
    }
    // Only pings are asked.
    if ('method' in frame) return this.#socket.send(JSON.stringify({ id: frame.id, ok: {} }));
    const waiting = this.#waiting.get(frame.id);
    if (frame.error === undefined) waiting?.resolve(frame.ok);
    else waiting?.reject(new Error(`${frame.error.code}: ${frame.error.message}`));
  }
}
