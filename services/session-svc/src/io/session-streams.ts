import { AppError, type Size } from '@ancloud/kit';
import { sameSrtp } from '@ancloud/rtp';
import { CopyKey } from '@ancloud/scrcpy-wire';
import { DEFAULT_ENCODER, type EncoderOptions, lowEncoder } from '../core/stream-options.js';
import type { KeyFrameReason } from '../core/key-frame-policy.js';
import { RtpSender, type RtpStreamOptions } from './rtp-sender.js';
import type { RtpSocket } from './rtp-socket.js';
import { Stream } from './stream.js';
import type { StreamOptions, StreamState, StreamWish } from './stream-wish.js';

/**
 * A phone's picture in two sizes, each a stream with a video server of its own: the **main** one with the sound, and the **low layer**
 * for viewers whose links do not take that. The low layer leaves by the main one's socket to the main one's receiver: it lives within
 * that attachment, and ends with it. The main one's server may rest meanwhile. Owned by the session.
 */
export class SessionStreams {
  readonly main: Stream;
  readonly low: Stream;

  constructor(
    options: Omit<StreamOptions, 'sender'> & {
      readonly socket: RtpSocket;
      /** Of the low layer, while no other tells how the phone is turned. */
      readonly onLowSize: (size: Size) => void;
    },
  ) {
    const { socket, hostClock, clock, phoneId, onChange } = options;
    const sender = { hostClock, clock, cname: phoneId };
    const lowSized = (): void => {
      const { size } = this.low.state;
      if (size !== undefined && !this.main.streaming) options.onLowSize(size);
    };
    this.main = new Stream({
      ...options,
      sender: new RtpSender({ ...sender, outlet: socket }),
      onChange: () => {
        // Both ends of a turn may be told in either order: the last that the main one said may be older.
        lowSized();
        onChange();
      },
    });
    this.low = new Stream({
      ...options,
      sender: new RtpSender({ ...sender, outlet: behind(socket) }),
      onSize: lowSized,
      // Words of the phone are the main stream's to tell.
      onDevice: () => undefined,
      onChange: () => undefined,
    });
    this.encode(DEFAULT_ENCODER);
  }

  /** Pictures of either size leave: they tell how the phone is turned. */
  get streaming(): boolean {
    return this.main.streaming || this.low.streaming;
  }

  /** Control messages that wait. */
  get queued(): number {
    return (this.main.media?.queued ?? 0) + (this.low.media?.queued ?? 0);
  }

  /** Asks the phone for its clipboard; false when no server is there that would answer. */
  askClipboard(): boolean {
    const { media } = this.main;
    media?.send({ kind: 'getClipboard', copyKey: CopyKey.None });
    return media !== undefined;
  }

  /** As `Stream.attach`; a low layer that went elsewhere ends. */
  async attach(wish: StreamWish, signal: AbortSignal): Promise<StreamState> {
    const before = this.main.wish;
    const attached = this.main.attach(wish, signal);
    // Whoever receives now knows nothing of it.
    if (this.main.wish === wish && !sameReceiver(before, wish)) this.low.stop();
    try {
      return await attached;
    } catch (error) {
      if (!this.main.wanted) this.low.stop();
      throw error;
    }
  }

  /** Begins the low layer. Resolves when its pictures flow. Errors: as `Stream.attach`; FENCED also when nothing is attached with this fence. */
  async attachLow(fence: number, video: RtpStreamOptions, signal: AbortSignal): Promise<StreamState> {
    const { target, maxPayload, srtp } = this.#attached(fence).rtp;
    const rtp = { target, video, audio: undefined, maxPayload, srtp };
    return this.low.attach({ fence, rtp, rests: false }, signal);
  }

  /** Begins the main one when it rests. Errors: as `attachLow`. */
  async runMain(fence: number, signal: AbortSignal): Promise<StreamState> {
    this.#attached(fence);
    return this.main.run(signal);
  }

  /** The main one's server stops when `fence` is the current one. */
  restMain(fence: number): void {
    if (fence === this.main.fence) this.main.rest();
  }

  /** Ends both when `fence` is the current one, else nothing. */
  detach(fence: number): void {
    if (fence === this.main.fence) this.stop();
  }

  keyFrameWanted(reason: KeyFrameReason, low: boolean): void {
    (low ? this.low : this.main).keyFrameWanted(reason);
  }

  encode(encoder: EncoderOptions): void {
    this.main.encode(encoder);
    this.low.encode(lowEncoder(encoder));
  }

  hold(held: boolean): void {
    this.main.hold(held);
    this.low.hold(held);
  }

  resume(): void {
    this.main.resume();
    this.low.resume();
  }

  suspend(): void {
    this.main.suspend();
    this.low.suspend();
  }

  /** Ends both whoever wanted them. */
  stop(): void {
    this.low.stop();
    this.main.stop();
  }

  /** May be called twice. */
  close(): void {
    this.low.close();
    this.main.close();
  }

  #attached(fence: number): StreamWish {
    const { wish } = this.main;
    if (wish?.fence === fence) return wish;
    throw new AppError('FENCED', 'the phone’s stream is not attached with this fence', {
      field: 'fence',
      value: String(fence),
      fix: 'attach the stream first',
    });
  }
}

function sameReceiver(a: StreamWish | undefined, b: StreamWish): boolean {
  return (
    a?.fence === b.fence &&
    a.rtp.target.ip === b.rtp.target.ip &&
    a.rtp.target.port === b.rtp.target.port &&
    sameSrtp(a.rtp.srtp, b.rtp.srtp)
  );
}

/** Sends by a socket that somebody else connects. */
function behind(socket: RtpSocket): ConstructorParameters<typeof RtpSender>[0]['outlet'] {
  return {
    connect: () => Promise.resolve(),
    disconnect: () => undefined,
    send: (header, payload, kind) => socket.send(header, payload, kind),
    flush: () => socket.flush(),
  };
}
