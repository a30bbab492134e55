import type { types } from 'mediasoup';
import { subjects } from '@ancloud/contracts';
import { KeyFrameWanted_Reason } from '@ancloud/contracts/events/v1/events';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type Log } from '@ancloud/kit';
import type { Bus } from '@ancloud/bus';
import type { Lease } from '@ancloud/state';
import type { WishReason } from '../core/key-frame-wish.js';
import type { Layer } from '../core/layer-choice.js';
import type { MediaPeers } from '../io/media-peers.js';
import type { SessionCaller } from '../io/session-caller.js';
import type { Inflow, Load } from './inflow.js';
import { Ingest, type RtpListen } from './ingest.js';
import type { PipeListen } from './pipe-end.js';
import { PipeInlet } from './pipe-inlet.js';
import type { Stream } from './stream.js';
import type { StreamLeases } from './stream-leases.js';

export interface InflowsOptions {
  readonly mediaId: string;
  /** What others dial for this instance. */
  readonly address: string;
  /** Where this instance is; empty = nowhere in particular. */
  readonly region: string;
  readonly rtpListen: RtpListen;
  /** How long the main picture runs on for nobody, ms. */
  readonly idleMs: number;
  readonly pipeListen: PipeListen;
  readonly sessions: SessionCaller;
  readonly leases: Pick<StreamLeases, 'seek' | 'holder'>;
  readonly peers: Pick<MediaPeers, 'pipe'>;
  readonly bus: Bus;
  readonly keyFrameAsked: (reason: WishReason, layer: Layer) => void;
  readonly log: Log;
}

/** For whom an inflow is made. */
export interface InflowOwner {
  readonly stream: Stream;
  /** Of the lease, where the phone arrives here. */
  readonly fence: number | undefined;
  /** The lease is ours from now on. False: the stream has ended meanwhile. */
  readonly take: (lease: Lease) => boolean;
}

/**
 * Where a stream's picture comes from: the phone's session where we hold the lease, a pipe from its holder where we do not. A holder that
 * is gone is followed by the first edge that has viewers.
 */
export class Inflows {
  readonly #options: InflowsOptions;

  constructor(options: InflowsOptions) {
    this.#options = options;
  }

  /** Errors: those of `Ingest.create` and `PipeInlet.open`; UNAVAILABLE_STATE, UNAVAILABLE while nobody carries the phone. */
  async make(router: types.Router, session: SessionRecord, owner: InflowOwner): Promise<Inflow> {
    const { sessions, rtpListen: listen, idleMs, log } = this.#options;
    const fenceOrOrigin = owner.fence ?? (await this.#find(session.phoneId, owner));
    if (typeof fenceOrOrigin === 'string') return this.#pipe(router, session, fenceOrOrigin, owner.stream);
    const askKeyFrame = (reason: WishReason, layer: Layer): void =>
      this.#askKeyFrame(session.phoneId, reason, layer);
    const ended = (ingest: Ingest, reason: string): void => owner.stream.lost(ingest, reason);
    return Ingest.create({
      router,
      session,
      fence: fenceOrOrigin,
      listen,
      sessions,
      mainWanted: () => owner.stream.needsMain,
      idleMs,
      askKeyFrame,
      ended,
      log,
    });
  }

  /** The media-svc where an edge's phone arrives, or the fence, when that is here now. An edge that nobody watches takes nothing over. */
  async #find(phoneId: string, { stream, take }: InflowOwner): Promise<string | number> {
    const { leases } = this.#options;
    if (stream.viewers === 0) {
      const holder = await leases.holder(phoneId);
      if (holder !== undefined) return holder;
      throw new AppError('UNAVAILABLE', `no media-svc carries phone ${phoneId}, and nobody watches here`);
    }
    const carrier = await leases.seek(phoneId);
    if (carrier.lease === undefined) return carrier.mediaId;
    if (take(carrier.lease)) return carrier.lease.fence;
    await carrier.lease.release();
    throw new AppError('CANCELLED', 'the stream has ended');
  }

  async #pipe(
    router: types.Router,
    session: SessionRecord,
    origin: string,
    stream: Stream,
  ): Promise<PipeInlet> {
    const { peers, mediaId, address: mediaAddress, region, pipeListen: listen } = this.#options;
    const call = await peers.pipe(origin);
    const edge = { mediaId, mediaAddress, region, ...loadOf(stream) };
    const ended = (inlet: PipeInlet, reason: string): void => stream.lost(inlet, reason);
    return PipeInlet.open({ router, session, origin, call, edge, listen, ended });
  }

  #askKeyFrame(phoneId: string, reason: WishReason, layer: Layer): void {
    const { bus, keyFrameAsked } = this.#options;
    keyFrameAsked(reason, layer);
    const code = reason === 'join' ? KeyFrameWanted_Reason.REASON_JOIN : KeyFrameWanted_Reason.REASON_LOSS;
    bus.publish(subjects.keyFrame, { phone: phoneId }, { phoneId, reason: code, low: layer === 'low' });
  }
}

export function loadOf({ viewers, pinned, full }: Stream): Load {
  return { viewers, pinned, full };
}
