import type { types } from 'mediasoup';
import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import { Role } from '@ancloud/contracts/common/v1/common';
import { AppError, type Log } from '@ancloud/kit';
import { writeAnswer, type AnswerTrack } from '../core/whep-answer.js';
import { capabilitiesOf, type WhepOffer } from '../core/whep-offer.js';
import { IceSession } from '../ice/ice-session.js';
import type { StreamViewer, Watchable } from '../streams/stream-viewer.js';
import { Receiver } from '../viewers/receiver.js';
import { receptionOf } from '../viewers/reception.js';
import type { Branch } from '../workers/branch.js';
import type { WhepLayers } from './whep-layers.js';

export interface WhepViewerOptions {
  readonly id: string;
  readonly offer: WhepOffer;
  /** By what it asked for. */
  readonly layers: (receiver: Receiver) => WhepLayers;
  /** It may be sent the main picture, or takes the sound, which comes by the same server of the phone. */
  readonly needsMain: boolean;
  /** A thumbnail: no reason to keep the phone awake. */
  readonly pinned: boolean;
  /** Called once, whoever closed it. */
  readonly closed: (reason: string) => void;
  readonly log: Log;
}

/**
 * One viewer that came by WHEP: what it receives, and the session that a PATCH changes. It closes by DELETE, when its session notices the
 * end (ice-session.ts), when its right is taken back, or with what it watches.
 */
export class WhepViewer implements StreamViewer {
  readonly branch: Branch;
  readonly #watched: Watchable;
  readonly #options: WhepViewerOptions;
  readonly #joinedAtMs = Date.now();
  #receiver: Receiver | undefined;
  #session: IceSession | undefined;
  #layers: WhepLayers | undefined;
  /** For something to consume. */
  #waits = false;
  #closed = false;
  /** Why it was closed. */
  #reason = '';

  constructor(watched: Watchable, branch: Branch, options: WhepViewerOptions) {
    this.#watched = watched;
    this.branch = branch;
    this.#options = options;
  }

  get pinned(): boolean {
    return this.#options.pinned;
  }

  get needsMain(): boolean {
    return this.#options.needsMain;
  }

  /**
   * Makes the transport, sends all that was asked for, and answers. Errors: STREAM_FAILED, what taking the low layer says, and UNAVAILABLE when it was closed
   * meanwhile, whatever a worker that died says of that.
   */
  async answer(): Promise<{ readonly answer: string; readonly etag: string }> {
    try {
      return await this.#answer();
    } catch (error) {
      if (!this.#closed) throw error;
      throw new AppError('UNAVAILABLE', this.#reason, { fix: 'POST the offer again', cause: error });
    }
  }

  async #answer(): Promise<{ readonly answer: string; readonly etag: string }> {
    const { offer, id } = this.#options;
    const receiver = await Receiver.create(this.#watched, this.branch);
    if (this.#closed) {
      receiver.close();
      throw new AppError('CANCELLED', 'the viewer is gone');
    }
    this.#receiver = receiver;
    const session = new IceSession(receiver.transport, offer, (reason) => this.close(reason));
    this.#session = session;
    await session.connect();
    // What has ended takes no seat on the low layer, which nobody would leave.
    if (this.#closed) throw new AppError('CANCELLED', 'the viewer is gone');
    const layers = this.#options.layers(receiver);
    this.#layers = layers;
    const tracks = await this.#consume(receiver, layers);
    return {
      answer: writeAnswer({
        offer,
        transport: session.answers,
        tracks,
        direction: 'sendonly',
        sessionId: String(this.#joinedAtMs),
        streamId: id,
      }),
      etag: session.etag,
    };
  }

  /** Errors: RATE_LIMITED, SDP_INVALID, ETAG_MISMATCH, INVALID_STATE. */
  async patch(ifMatch: string, fragment: string): ReturnType<IceSession['patch']> {
    if (this.#session === undefined) throw new AppError('INVALID_STATE', 'the viewer has no answer yet');
    return this.#session.patch(ifMatch, fragment);
  }

  /** WHEP has no way to tell a player anything. */
  notify(): void {}

  /** The same payload types come from another sender now; the player needs no new offer (core/whep-answer.ts). */
  replaced(): void {
    const receiver = this.#receiver;
    const layers = this.#layers;
    // Who waits for the first ones consumes these.
    if (receiver === undefined || layers === undefined || this.#waits) return;
    receiver.replaced();
    layers.replaced();
    this.#consume(receiver, layers).catch((error: unknown) => {
      this.#options.log.info({ viewer: this.#options.id, err: error }, 'a WHEP viewer could not go on');
      this.close('the stream could not be consumed again');
    });
  }

  judge(nowMs: number, mainBps: number): void {
    this.#layers?.judge(nowMs, mainBps);
  }

  async view(): Promise<ViewerView> {
    return {
      viewerId: this.#options.id,
      role: Role.ROLE_WATCH,
      joinedAtMs: this.#joinedAtMs,
      worker: this.branch.worker.index,
      ...(await receptionOf(this.#receiver)),
      low: this.#layers?.layer === 'low',
    };
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reason = reason;
    this.#session?.close();
    this.#layers?.close();
    this.#receiver?.close();
    this.#options.closed(reason);
  }

  async #consume(receiver: Receiver, layers: WhepLayers): Promise<readonly AnswerTrack[]> {
    const consumers = await this.#consumers(layers);
    await Promise.all(consumers.map(({ id }) => receiver.resume(id)));
    return consumers.map(({ kind, rtpParameters }) => ({
      kind,
      rtpParameters: rtpParameters as unknown as types.RtpParameters,
    }));
  }

  async #consumers(layers: WhepLayers): ReturnType<WhepLayers['consume']> {
    this.#waits = true;
    try {
      return await layers.consume(capabilitiesOf(this.#options.offer));
    } finally {
      this.#waits = false;
    }
  }
}
