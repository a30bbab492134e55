import type { types } from 'mediasoup';
import type { viewer as protocol } from '@ancloud/contracts';
import { AppError } from '@ancloud/kit';
import type { LowSeat } from '../streams/low-layer.js';
import type { Stream } from '../streams/stream.js';
import type { Branch } from '../workers/branch.js';
import type { Layers } from './layer-switch.js';
import type { Receiver } from './receiver.js';

/**
 * The low layer's picture for good: alone for a thumbnail, with the sound for a player by WHEP that takes both. It is sent nothing of the
 * main picture, so it never asks that for a key frame, and no pipe to another worker carries that for its sake. Owned by its viewer; ends by
 * `close`.
 */
export class PinnedLayer implements Layers {
  readonly layer = 'low';
  readonly #stream: Pick<Stream, 'takeLow'>;
  readonly #branch: Branch;
  readonly #receiver: Pick<Receiver, 'consume' | 'consumeLow'>;
  readonly #sound: boolean;
  #seat: LowSeat | undefined;
  /** Takings under way: what comes of them is news to nobody. */
  #taking = 0;
  #closed = false;

  constructor(
    stream: Pick<Stream, 'takeLow'>,
    branch: Branch,
    receiver: Pick<Receiver, 'consume' | 'consumeLow'>,
    sound: boolean,
  ) {
    this.#stream = stream;
    this.#branch = branch;
    this.#receiver = receiver;
    this.#sound = sound;
  }

  get waits(): boolean {
    return this.#taking > 0;
  }

  /** Nobody joins for as long as an encoder takes to begin: the viewer asks. */
  begin(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Begins the low layer when nobody had it. Errors: STREAM_FAILED, CANCELLED, CODEC_UNSUPPORTED, those of session-svc. */
  async consume(rtpCapabilities: types.RtpCapabilities): Promise<protocol.ConsumerOptions[]> {
    const seat = await this.#take();
    this.#seat?.leave();
    this.#seat = seat;
    return this.#sound
      ? this.#receiver.consume(rtpCapabilities, seat.producer)
      : this.#receiver.consumeLow(rtpCapabilities, seat.producer);
  }

  /** Errors: INVALID_STATE. */
  want(): Promise<void> {
    return Promise.reject(
      new AppError('INVALID_STATE', 'this viewer has the low layer for good', {
        field: 'want',
        fix: 'ask for a viewer without a layer',
      }),
    );
  }

  /** Errors: INVALID_STATE, since it is never offered another. */
  swapped(consumer: unknown): void {
    throw new AppError('INVALID_STATE', 'that layer was never offered', {
      field: 'consumer',
      value: String(consumer),
    });
  }

  judge(): void {}

  /** The seat was at an encoder that is gone. */
  replaced(): void {
    this.#seat?.leave();
    this.#seat = undefined;
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.replaced();
  }

  async #take(): Promise<LowSeat> {
    this.#taking += 1;
    try {
      const seat = await this.#stream.takeLow(this.#branch);
      if (!this.#closed) return seat;
      seat.leave();
      throw new AppError('CANCELLED', 'the viewer is gone');
    } finally {
      this.#taking -= 1;
    }
  }
}
