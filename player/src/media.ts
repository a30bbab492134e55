import {
  type ConsumerOptions,
  limits,
  type Opaque,
  type ServerNotifications,
  type TransportOptions,
} from '@ancloud/contracts/viewer';
import type { types } from 'mediasoup-client';
import type { Step } from './arrival.js';
import { mustDecodePicture } from './decodes.js';
import { createDevice } from './device.js';
import { InputWay } from './input-way.js';
import { firstFrame } from './first-frame.js';
import { aimAt, type Heard, Lips, type Sync } from './lips.js';
import { type NoPath, whyNoPath } from './no-path.js';
import { PathWatch } from './path-watch.js';
import { type Signal, SignalError } from './signal.js';

export interface MediaOptions {
  readonly rtpCapabilities: Opaque;
  /** For receiving, as the farm made it. */
  readonly transport: TransportOptions;
  /** What the farm sends on it at once; undefined: it has to be asked. */
  readonly consumers: readonly ConsumerOptions[] | undefined;
  readonly iceServers: readonly RTCIceServer[];
  /** True for role control: data channels are made. */
  readonly input: boolean;
  /** The viewer wants to hear the phone. Without, its sound is not even sent. */
  readonly sound: boolean;
  /** How far the picture waits for the sound while that is heard; `synchronous()` changes it. */
  readonly synchronous: Sync;
  readonly took: (step: Step) => void;
  /** A track came (again): show it. */
  readonly track: (track: MediaStreamTrack) => void;
  /** ICE or DTLS failed for good: the connection must be made anew. */
  readonly failed: (noPath: NoPath) => void;
  /** Nothing comes by the present path any more: somebody asks for another one by `restartIce`. */
  readonly lost: () => void;
}

/** Bytes that may wait in a data channel before moves are left out: a second of a slow link. */
const MOVE_BACKLOG = 16_384;

/**
 * The WebRTC half of a viewer: one transport for picture and sound, one for input with its two channels, `input` in
 * order and reliable, `moves` unordered and never resent. Owns both transports; `close` ends them.
 */
export class Media {
  readonly #signal: Signal;
  readonly #options: MediaOptions;
  readonly #device = createDevice();
  #receive: types.Transport | undefined;
  #send: types.Transport | undefined;
  #consumers: types.Consumer[] = [];
  #input: types.DataProducer | undefined;
  #moves: types.DataProducer | undefined;
  readonly #way = new InputWay(performance.now());
  readonly #paths: PathWatch;
  #sound: boolean;
  #synchronous: Sync;
  readonly #lips = new Lips(() => this.#consumers);
  /** Another layer on its way, by its consumer. */
  #swap: { readonly id: string; readonly abort: AbortController } | undefined;
  /** Consumptions run one after the other: two at once would leave tracks of both. */
  #consuming: Promise<void> = Promise.resolve();
  /** The path that is being looked for, or was last. */
  #restarted: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(signal: Signal, options: MediaOptions) {
    this.#signal = signal;
    this.#options = options;
    this.#paths = new PathWatch(options.lost);
    this.#sound = options.sound;
    this.#synchronous = options.synchronous;
    this.#synchronise();
  }

  /** Sets up receiving, shows the first tracks, and input. Rejects with SignalError or what the browser says. */
  static async create(signal: Signal, options: MediaOptions): Promise<Media> {
    const media = new Media(signal, options);
    try {
      const device = media.#device;
      await device.load({ routerRtpCapabilities: options.rtpCapabilities });
      mustDecodePicture(device.recvRtpCapabilities, device.handlerName);
      // The picture must not wait for the input channels, nor the other way round.
      await Promise.all([media.#openPicture(), options.input ? media.#openInput() : undefined]);
      return media;
    } catch (error) {
      media.close();
      throw error;
    }
  }

  /** (Again) consumes all that the stream has: at the start, and when its producers were replaced. */
  consume(): Promise<void> {
    return this.#once(() => this.#consume());
  }

  /**
   * The same picture in another size: shown from its first frame on, without a gap, and told to the farm, which ends the old one then.
   * Answers whether it was.
   */
  async swap({ consumer: one }: ServerNotifications['layer']): Promise<boolean> {
    const receive = this.#receive;
    if (receive === undefined || this.#closed) return false;
    this.#swap?.abort.abort();
    const abort = new AbortController();
    this.#swap = { id: one.id, abort };
    const fresh = await receive.consume(received(one));
    const old = this.#consumers.find(({ kind }) => kind === 'video');
    try {
      await this.#signal.request('resume', { consumer: one.id });
      await firstFrame(fresh.track, abort.signal);
      this.#options.track(fresh.track);
      await this.#signal.request('swapped', { consumer: one.id });
      abort.signal.throwIfAborted();
      old?.close();
      this.#consumers = [...this.#consumers.filter((kept) => kept !== old), fresh];
      return true;
    } catch {
      fresh.close();
      if (old?.closed === false) this.#options.track(old.track);
      return false;
    }
  }

  /** A layer on its way will not come. */
  dropped({ consumer }: ServerNotifications['layerDropped']): void {
    if (this.#swap?.id === consumer) this.#swap.abort.abort();
  }

  /** Lets the phone be heard, or stops its sound at the farm. */
  async sound(on: boolean): Promise<void> {
    this.#sound = on;
    this.#synchronise();
    for (const { id, kind } of this.#consumers)
      if (kind === 'audio') await this.#signal.request(on ? 'resume' : 'pause', { consumer: id });
  }

  /** How far the picture waits for the sound while that is heard. */
  synchronous(sync: Sync): void {
    this.#synchronous = sync;
    this.#synchronise();
  }

  send(bytes: Uint8Array<ArrayBuffer>, move: boolean): void {
    const channel = move && this.#moves?.readyState === 'open' ? this.#moves : this.#input;
    // A clipboard may be larger than a message of a data channel can be.
    const fits = channel?.readyState === 'open' && bytes.length <= limits.inputMessage;
    if (this.#way.next(fits, performance.now()) === 'socket' || channel === undefined)
      return this.#signal.input(bytes);
    if (move && channel.bufferedAmount > MOVE_BACKLOG) return;
    channel.send(bytes);
  }

  /** The browser's own numbers for the picture, or undefined before there is one. */
  /** The newest sound; undefined while none is heard. */
  heard(): Heard | undefined {
    return this.#sound ? this.#lips.heard : undefined;
  }

  async stats(): Promise<RTCStatsReport | undefined> {
    return this.#receive?.getStats();
  }

  /** A new path for the same connection, after the network changed. Rejects when the farm cannot be asked. */
  restartIce(): Promise<void> {
    // One after the other: what was begun before the network came back knows nothing of it.
    const restarted = this.#restarted.then(() => this.#restart());
    this.#restarted = restarted.catch(() => undefined);
    return restarted;
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.#paths.close();
    this.#lips.rest();
    this.#swap?.abort.abort();
    this.#receive?.close();
    this.#send?.close();
  }

  #synchronise(): void {
    if (this.#closed) return;
    if (this.#sound) this.#lips.begin(this.#synchronous);
    else this.#lips.rest();
  }

  async #restart(): Promise<void> {
    const restart = async (transport: types.Transport | undefined): Promise<void> => {
      if (transport === undefined || this.#closed) return;
      const { iceParameters } = await this.#signal.request('restartIce', { transport: transport.id });
      await transport.restartIce({ iceParameters: iceParameters as unknown as types.IceParameters });
    };
    await Promise.all([restart(this.#receive), restart(this.#send)]);
  }

  async #openPicture(): Promise<void> {
    this.#receive = this.#transport('recv', this.#options.transport);
    await this.#once(() => this.#consume(this.#options.consumers));
  }

  async #openInput(): Promise<void> {
    const options = await this.#signal.request('createTransport', { direction: 'send' });
    if (this.#closed) throw new SignalError('CANCELLED', 'closed while it was being set up');
    const send = this.#transport('send', options);
    this.#send = send;
    this.#input = await send.produceData({ label: 'input', ordered: true });
    this.#moves = await send.produceData({ label: 'moves', ordered: false, maxRetransmits: 0 });
  }

  /** After what is under way. */
  #once(consume: () => Promise<void>): Promise<void> {
    const consumed = this.#consuming.then(consume);
    this.#consuming = consumed.catch(() => undefined);
    return consumed;
  }

  /** `offered`: what the farm said without being asked. */
  async #consume(offered?: readonly ConsumerOptions[]): Promise<void> {
    const receive = this.#receive;
    if (receive === undefined || this.#closed) return;
    this.#swap?.abort.abort();
    for (const consumer of this.#consumers.splice(0)) consumer.close();
    const rtpCapabilities = this.#device.recvRtpCapabilities;
    const consumers = offered ?? (await this.#signal.request('consume', { rtpCapabilities })).consumers;
    this.#options.took('offered');
    // All at once: the browser then negotiates once.
    await Promise.all(consumers.map((one) => this.#show(receive, one)));
  }

  async #show(receive: types.Transport, one: ConsumerOptions): Promise<void> {
    const consumer = await receive.consume(received(one));
    if (this.#closed) return;
    this.#consumers.push(consumer);
    this.#options.track(consumer.track);
    if (one.paused && (one.kind === 'video' || this.#sound))
      await this.#signal.request('resume', { consumer: one.id });
  }

  #transport(direction: 'recv' | 'send', options: TransportOptions): types.Transport {
    const given = { ...typed(options), iceServers: [...this.#options.iceServers] };
    const transport =
      direction === 'recv'
        ? this.#device.createRecvTransport(given)
        : this.#device.createSendTransport(given);
    transport.on('connect', ({ dtlsParameters }, done) => {
      this.#signal
        .request('connectTransport', { transport: transport.id, dtlsParameters })
        .catch(() => this.#options.failed({ why: 'the media connection was refused', retry: true }));
      // The handshake begins behind the request, without waiting for its reply: that is a round trip less, and should it
      // overtake, DTLS sends again after 50 ms.
      done();
    });
    transport.on('producedata', ({ label, sctpStreamParameters }, done, failed) => {
      const data = {
        transport: transport.id,
        label: label as 'input' | 'moves',
        sctpStreamParameters: sctpStreamParameters as unknown as Opaque,
      };
      this.#signal.request('produceData', data).then(done, failed);
    });
    let stood = false;
    transport.on('connectionstatechange', (state) => {
      if (this.#closed) return;
      stood ||= state === 'connected';
      if (state === 'connected' && direction === 'recv') this.#options.took('secured');
      if (state === 'failed') {
        // By a relay there may be a path where there is none directly.
        const direct = !stood && given.iceServers.length === 0 ? options.iceCandidates : [];
        this.#options.failed(whyNoPath(direct, this.#device.handlerName));
      }
      // A path that went away comes back by a restart, without a new connection; else `failed` follows.
      this.#paths.state(direction, state);
    });
    return transport;
  }
}

function received({ id, producerId, kind, rtpParameters }: ConsumerOptions): types.ConsumerOptions {
  return {
    id,
    producerId,
    kind,
    rtpParameters: rtpParameters as unknown as types.RtpParameters,
    // A stream of its own for each: browsers hold the tracks of one stream together, and a picture under a finger must not wait for its
    // sound.
    streamId: kind,
    // The jitter buffer aims at nothing: a phone under a finger is worth more than a smooth film.
    onRtpReceiver: (receiver) => aimAt(receiver, 0),
  };
}

function typed(options: TransportOptions): types.TransportOptions {
  return options as unknown as types.TransportOptions;
}
