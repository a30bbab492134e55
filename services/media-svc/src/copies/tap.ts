import type { types } from 'mediasoup';
import { Role } from '@ancloud/contracts/common/v1/common';
import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import { type AccessUnit, H264Depacketizer, parseRtp } from '@ancloud/rtp';
import { ownShape } from '../core/rtp-parameters.js';
import type { Stream } from '../streams/stream.js';
import type { StreamViewer } from '../streams/stream-viewer.js';
import type { Branch } from '../workers/branch.js';

/** After this long without a picture since one was wished for, it is wished for again. */
const KEY_FRAME_RETRY_MS = 1_000;

export interface TapOptions {
  /** By which it is listed among the stream's viewers. */
  readonly id: string;
  /** Before the first frame, and again when the phone has a new session. */
  readonly tracks: (tracks: { readonly audio: boolean }) => void;
  readonly picture: (unit: AccessUnit) => void;
  /** One Opus packet. */
  readonly sound: (packet: Uint8Array, timestamp: number) => void;
  /** Packets were missing: pictures go on with the next key frame. */
  readonly lost: () => void;
  /** Called once, unless it was closed by `leave`. */
  readonly ended: (reason: string) => void;
}

/**
 * A viewer inside media-svc: the frames of a phone as they were encoded, for what copies them elsewhere. It counts as a viewer, so the
 * phone encodes for it. A DirectTransport hands the packets over: in order, without loss and without a port that somebody else could
 * send to. Ends by `leave`, or as any viewer.
 */
export class Tap implements StreamViewer {
  readonly branch: Branch;
  readonly #stream: Stream;
  readonly #options: TapOptions;
  readonly #left: () => void;
  readonly #joinedAtMs = Date.now();
  #consumers: types.Consumer[] = [];
  /** Counts tries to consume: the newest one counts. */
  #round = 0;
  #wish: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(stream: Stream, branch: Branch, options: TapOptions, left: () => void) {
    this.#stream = stream;
    this.branch = branch;
    this.#options = options;
    this.#left = left;
  }

  /** Errors: CAPACITY, STREAM_FAILED when no picture comes within 10 s, UNAVAILABLE at the stream's end. */
  static async open(stream: Stream, options: TapOptions): Promise<Tap> {
    const tap = await stream.seat(
      options.id,
      ownShape,
      (branch, left) => new Tap(stream, branch, options, left),
    );
    try {
      await tap.#consume();
      return tap;
    } catch (error) {
      tap.leave();
      throw error;
    }
  }

  /** Asks for a key frame, each second until a picture has come. */
  wantKeyFrame(): void {
    clearTimeout(this.#wish);
    if (this.#closed) return;
    this.#stream.wantKeyFrame('join');
    this.#wish = setTimeout(() => this.wantKeyFrame(), KEY_FRAME_RETRY_MS);
  }

  /** It may consume data of the phone, never say anything. */
  notify(): void {}

  replaced(): void {
    this.#consumers = [];
    this.#consume().catch(() => this.close('the stream could not be consumed again'));
  }

  /** What is copied is the phone's own picture. */
  judge(): void {}

  view(): Promise<ViewerView> {
    return Promise.resolve({
      viewerId: this.#options.id,
      role: Role.ROLE_WATCH,
      joinedAtMs: this.#joinedAtMs,
      worker: this.branch.worker.index,
      iceState: 'none',
      transport: '',
      packetsLost: 0,
      roundTripMs: 0,
      experience: undefined,
      hears: false,
      availableBps: 0,
      low: false,
    });
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.leave();
    this.#options.ended(reason);
  }

  /** Nothing is told after it. May be called twice. */
  leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#wish);
    for (const consumer of this.#consumers) consumer.close();
    this.#left();
  }

  async #consume(): Promise<void> {
    const round = (this.#round += 1);
    const producers = await this.#stream.producers(this.branch);
    const consumers = await Promise.all(producers.map((producer) => this.branch.consumeFrames(producer)));
    // The first picture came while it was waited for: `replaced` consumes that.
    if (this.#closed || round !== this.#round) {
      for (const consumer of consumers) consumer.close();
      return;
    }
    this.#consumers = consumers;
    this.#options.tracks({ audio: consumers.some(({ kind }) => kind === 'audio') });
    for (const consumer of consumers) this.#read(consumer);
    this.wantKeyFrame();
  }

  #read(consumer: types.Consumer): void {
    if (consumer.kind === 'audio') {
      consumer.on('rtp', (packet) => {
        const { payload, timestamp } = parseRtp(packet);
        this.#options.sound(payload, timestamp);
      });
      return;
    }
    const reader = new H264Depacketizer(
      (unit) => {
        clearTimeout(this.#wish);
        this.#options.picture(unit);
      },
      () => {
        this.#options.lost();
        this.#stream.wantKeyFrame('loss');
      },
    );
    consumer.on('rtp', (packet) => reader.push(parseRtp(packet)));
  }
}
