import type { types } from 'mediasoup';
import type { viewer as protocol } from '@ancloud/contracts';
import { AppError } from '@ancloud/kit';
import {
  chooseLayer,
  defaultLayerLimits,
  firstLayer,
  type Layer,
  type Link,
  type LayerState,
  refused,
  switched,
} from '../core/layer-choice.js';
import type { LowSeat } from '../streams/low-layer.js';
import type { Stream } from '../streams/stream.js';
import type { Branch } from '../workers/branch.js';
import type { Receiver } from './receiver.js';

/** The new layer's first picture must be on the viewer's screen by then, ms. */
const SWAP_MS = 8_000;

const isQuality = (word: unknown): word is protocol.Quality =>
  word === 'main' || word === 'low' || word === 'auto';

/** On its way from the old layer to another. */
interface Change {
  readonly layer: Layer;
  readonly old: string;
  seat?: LowSeat;
  fresh?: string;
  timer?: NodeJS.Timeout;
}

/** What one viewer is sent of its stream, and of which layer. */
export interface Layers {
  readonly layer: Layer;
  /** What it asked for waits for producers: those that come are its, and no news. */
  readonly waits: boolean;
  /** As `consume`, before its handshake; undefined: it is to ask. */
  begin(): Promise<protocol.ConsumerOptions[] | undefined>;
  consume(rtpCapabilities: types.RtpCapabilities): Promise<protocol.ConsumerOptions[]>;
  want(quality: unknown): Promise<void>;
  swapped(consumer: unknown): void;
  judge(nowMs: number, mainBps: number): void;
  replaced(): void;
  close(): void;
}

type SwitchStream = Pick<Stream, 'takeLow' | 'mainPicture' | 'layerChanged' | 'layerFailed'>;
type SwitchReceiver = Pick<
  Receiver,
  | 'begin'
  | 'consume'
  | 'drop'
  | 'keep'
  | 'link'
  | 'offer'
  | 'pause'
  | 'resume'
  | 'video'
  | 'waits'
  | 'watchLink'
>;
type Notify = <M extends 'layer' | 'layerDropped'>(method: M, data: protocol.ServerNotifications[M]) => void;

/**
 * Which layer one viewer is sent, and how it gets another: make before break. The new layer's consumer begins beside the old one's; the
 * viewer shows it from its first picture on and says so, and only then the old one ends. On the way down the old one is silent from
 * the new one's first key frame on: the link has no room for both. A viewer that cannot be told, by WHEP, shows whatever comes: for it the
 * new one begins at once, with a key frame, at which the old one ends. Owned by its viewer; ends by `close`.
 */
export class LayerSwitch implements Layers {
  readonly #stream: SwitchStream;
  readonly #branch: Branch;
  readonly #receiver: SwitchReceiver;
  readonly #notify: Notify | undefined;
  readonly #link: () => Link | undefined;
  #want: protocol.Quality = 'main';
  #state: LayerState;
  #change: Change | undefined;
  /** Of the low layer that the viewer has. */
  #seat: LowSeat | undefined;
  #closed = false;

  /** @param notify undefined: the viewer cannot be told anything. @param link read each second. */
  constructor(
    stream: SwitchStream,
    branch: Branch,
    receiver: SwitchReceiver,
    notify: Notify | undefined,
    link = () => receiver.link,
  ) {
    this.#stream = stream;
    this.#branch = branch;
    this.#receiver = receiver;
    this.#notify = notify;
    this.#link = link;
    this.#state = firstLayer('main', performance.now());
  }

  get layer(): Layer {
    return this.#state.layer;
  }

  get waits(): boolean {
    return this.#receiver.waits;
  }

  /** Errors: STREAM_FAILED. */
  begin(): Promise<protocol.ConsumerOptions[] | undefined> {
    return this.#receiver.begin();
  }

  /** It begins anew with the main layer. Errors: STREAM_FAILED, CODEC_UNSUPPORTED. */
  consume(rtpCapabilities: types.RtpCapabilities): Promise<protocol.ConsumerOptions[]> {
    this.replaced();
    return this.#receiver.consume(rtpCapabilities);
  }

  /** What the viewer asks for; `auto`: as its link takes. Errors: INVALID_ARGUMENT. */
  async want(quality: unknown): Promise<void> {
    if (!isQuality(quality))
      throw new AppError('INVALID_ARGUMENT', 'there is no such quality', {
        field: 'want',
        value: String(quality),
        fix: "ask for 'main', 'low' or 'auto'",
      });
    this.#want = quality;
    if (quality === 'auto') await this.#receiver.watchLink();
    else if (quality !== this.#state.layer && this.#change === undefined) void this.#go(quality);
  }

  /** Told each second, with the bits a second of the main layer. */
  judge(nowMs: number, mainBps: number): void {
    if (this.#change !== undefined || this.#closed) return;
    const state = this.#state;
    // A small main layer is kept whatever the link is: it is asked for nothing.
    const kept = state.layer === 'main' && mainBps < defaultLayerLimits.worthBps;
    const link = kept ? this.#receiver.link : this.#link();
    if (link === undefined) return;
    if (this.#want === 'auto') {
      const chosen = chooseLayer(state, { atMs: nowMs, mainBps, ...link });
      this.#state = chosen.state;
      if (chosen.want !== state.layer) void this.#go(chosen.want);
    } else if (this.#want !== state.layer && nowMs - state.sinceMs >= state.holdMs) void this.#go(this.#want);
  }

  /** The viewer shows the new layer. Errors: INVALID_STATE when it was given up meanwhile. */
  swapped(consumer: unknown): void {
    const change = this.#change;
    if (change?.fresh === undefined || change.fresh !== consumer)
      throw new AppError('INVALID_STATE', 'that layer was given up', {
        field: 'consumer',
        value: String(consumer),
        fix: 'show the old one',
      });
    clearTimeout(change.timer);
    this.#change = undefined;
    this.#seat?.leave();
    this.#seat = change.seat;
    this.#receiver.keep(change.fresh);
    this.#state = switched(this.#state, performance.now());
    this.#stream.layerChanged(change.layer);
    // Somebody may have thought better of it on the way; `judge` does not look where no link is measured.
    if (this.#want !== 'auto' && this.#want !== this.#state.layer) void this.#go(this.#want);
  }

  /** The stream has new producers: all consumers have closed, and the viewer begins anew with the main layer. */
  replaced(): void {
    this.#forget();
    this.#state = firstLayer('main', performance.now());
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.#forget();
  }

  #forget(): void {
    clearTimeout(this.#change?.timer);
    this.#change?.seat?.leave();
    this.#change = undefined;
    this.#seat?.leave();
    this.#seat = undefined;
  }

  /** Never rejects. */
  async #go(layer: Layer): Promise<void> {
    const old = this.#receiver.video;
    if (old === undefined) return;
    const change: Change = { layer, old };
    this.#change = change;
    try {
      if (layer === 'low') {
        const seat = await this.#stream.takeLow(this.#branch);
        if (this.#change !== change) return seat.leave();
        change.seat = seat;
      }
      const producer = change.seat?.producer ?? (await this.#stream.mainPicture(this.#branch));
      const consumer = await this.#receiver.offer(producer, layer, () => this.#pictured(change));
      if (this.#change !== change) return this.#receiver.drop(consumer.id);
      change.fresh = consumer.id;
      change.timer = setTimeout(() => this.#giveUp(change, 'it was not shown in time'), SWAP_MS);
      if (this.#notify === undefined) await this.#receiver.resume(consumer.id);
      else this.#notify('layer', { layer, consumer });
    } catch (error) {
      this.#giveUp(change, error);
    }
  }

  /** A key frame of the new layer went out. */
  #pictured(change: Change): void {
    if (this.#change !== change) return;
    if (this.#notify === undefined) return this.swapped(change.fresh);
    if (change.layer === 'low') this.#receiver.pause(change.old).catch(() => undefined);
  }

  /** The old layer goes on. */
  #giveUp(change: Change, why: unknown): void {
    if (this.#change !== change || this.#closed) return;
    this.#change = undefined;
    clearTimeout(change.timer);
    change.seat?.leave();
    this.#state = refused(this.#state, performance.now());
    this.#stream.layerFailed(change.layer, why);
    if (change.fresh === undefined) return;
    this.#receiver.drop(change.fresh);
    // Nothing of it was shown, and the old one never silent.
    if (this.#notify === undefined) return;
    this.#receiver.resume(change.old).catch(() => undefined);
    this.#notify('layerDropped', { consumer: change.fresh });
  }
}
