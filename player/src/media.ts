import { Device, type types } from 'mediasoup-client';
import type { Opaque, TransportOptions } from '@ancloud/contracts/viewer';
import type { Signal } from './signal.js';

/** The two ways of input: `input` in order and reliable, `moves` unordered and never resent. */
export interface InputChannels {
  send(bytes: Uint8Array<ArrayBuffer>, move: boolean): void;
}

export interface MediaOptions {
  readonly rtpCapabilities: Opaque;
  readonly iceServers: readonly RTCIceServer[];
  /** True for role control: data channels are made. */
  readonly input: boolean;
  /** A track came (again): show it. */
  readonly track: (track: MediaStreamTrack) => void;
  /** ICE or DTLS failed for good: the connection must be made anew. */
  readonly failed: (why: string) => void;
}

/** Bytes that may wait in a data channel before moves are left out: a second of a slow link. */
const MOVE_BACKLOG = 16_384;

/**
 * The WebRTC half of a viewer: one receiving transport, one for input. Owns both; `close` ends them.
 */
export class Media implements InputChannels {
  readonly #signal: Signal;
  readonly #options: MediaOptions;
  readonly #device = new Device();
  #receive: types.Transport | undefined;
  #send: types.Transport | undefined;
  #consumers: types.Consumer[] = [];
  #input: types.DataProducer | undefined;
  #moves: types.DataProducer | undefined;
  #closed = false;

  private constructor(signal: Signal, options: MediaOptions) {
    this.#signal = signal;
    this.#options = options;
  }

  /** Sets up receiving, shows the first tracks, then input. Rejects with SignalError or what the browser says. */
  static async create(signal: Signal, options: MediaOptions): Promise<Media> {
    const media = new Media(signal, options);
    try {
      await media.#device.load({
        routerRtpCapabilities: options.rtpCapabilities,
      });
      const [receive] = await Promise.all([
        media.#transport('recv'),
        // The picture must not wait for the input channels, nor the other way round.
        options.input ? media.#openInput() : undefined,
      ]);
      media.#receive = receive;
      await media.consume();
      return media;
    } catch (error) {
      media.close();
      throw error;
    }
  }

  /** (Again) consumes all that the stream has: at the start, and when its producers were replaced. */
  async consume(): Promise<void> {
    const receive = this.#receive;
    if (receive === undefined) return;
    for (const consumer of this.#consumers.splice(0)) consumer.close();
    const { consumers } = await this.#signal.request('consume', {
      rtpCapabilities: this.#device.recvRtpCapabilities,
    });
    for (const one of consumers) {
      const consumer = await receive.consume({
        id: one.id,
        producerId: one.producerId,
        kind: one.kind,
        rtpParameters: one.rtpParameters as unknown as types.RtpParameters,
        // One stream id for both: the browser then keeps sound and picture together.
        streamId: 'phone',
      });
      if (this.#closed) return consumer.close();
      this.#consumers.push(consumer);
      lowLatency(consumer.rtpReceiver);
      this.#options.track(consumer.track);
      await this.#signal.request('resume', { consumer: one.id });
    }
  }

  send(bytes: Uint8Array<ArrayBuffer>, move: boolean): void {
    const channel = move && this.#moves?.readyState === 'open' ? this.#moves : this.#input;
    if (channel?.readyState !== 'open') return this.#signal.input(bytes);
    if (move && channel.bufferedAmount > MOVE_BACKLOG) return;
    channel.send(bytes);
  }

  /** The browser's own numbers for the picture, or undefined before there is one. */
  async stats(): Promise<RTCStatsReport | undefined> {
    return this.#receive?.getStats();
  }

  /** A new path for the same connection, after the network changed. */
  async restartIce(): Promise<void> {
    for (const transport of [this.#receive, this.#send]) {
      if (transport === undefined) continue;
      const { iceParameters } = await this.#signal.request('restartIce', { transport: transport.id });
      await transport.restartIce({ iceParameters: iceParameters as unknown as types.IceParameters });
    }
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.#receive?.close();
    this.#send?.close();
  }

  async #openInput(): Promise<void> {
    const send = await this.#transport('send');
    this.#send = send;
    this.#input = await send.produceData({ label: 'input', ordered: true });
    this.#moves = await send.produceData({ label: 'moves', ordered: false, maxRetransmits: 0 });
  }

  async #transport(direction: 'recv' | 'send'): Promise<types.Transport> {
    const options = await this.#signal.request('createTransport', { direction });
    const given = { ...typed(options), iceServers: [...this.#options.iceServers] };
    const transport =
      direction === 'recv'
        ? this.#device.createRecvTransport(given)
        : this.#device.createSendTransport(given);
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      this.#signal
        .request('connectTransport', {
          transport: transport.id,
          dtlsParameters: dtlsParameters,
        })
        .then(() => done(), failed);
    });
    transport.on('producedata', ({ label, sctpStreamParameters }, done, failed) => {
      const data = {
        transport: transport.id,
        label: label as 'input' | 'moves',
        sctpStreamParameters: sctpStreamParameters as unknown as Opaque,
      };
      this.#signal.request('produceData', data).then(done, failed);
    });
    transport.on('connectionstatechange', (state) => {
      if (state === 'failed' && !this.#closed) this.#options.failed('the media connection failed');
      // A path that went away comes back by a restart, without a new connection.
      if (state === 'disconnected' && !this.#closed) this.restartIce().catch(() => undefined);
    });
    return transport;
  }
}

/** The jitter buffer aims at nothing: a phone under a finger is worth more than a smooth film. */
function lowLatency(receiver: RTCRtpReceiver | undefined): void {
  if (receiver === undefined) return;
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
  else (receiver as { playoutDelayHint?: number }).playoutDelayHint = 0;
}

function typed(options: TransportOptions): types.TransportOptions {
  return options as unknown as types.TransportOptions;
}
