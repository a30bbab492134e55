import type { types } from 'mediasoup';
import type { PipeTrack } from '@ancloud/contracts/media/v1/media';
import type { SessionRecord, StreamEdge } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import type { WishReason } from '../core/key-frame-wish.js';
import type { Counts } from '../core/picture-counts.js';
import { pipedParameters } from '../core/rtp-parameters.js';
import type { PipeCall } from '../io/pipe-call.js';
import type { Inflow, Load } from './inflow.js';
import { LowLayer } from './low-layer.js';
import { alwaysRuns } from './main-picture.js';
import { PictureCounter } from './picture-counter.js';
import { connectPipe, createPipe, endOf, type PipeListen } from './pipe-end.js';

export interface PipeInletOptions {
  readonly router: types.Router;
  readonly session: SessionRecord;
  /** Id of the media-svc where the phone arrives. */
  readonly origin: string;
  /** To it; the inlet's from now on. */
  readonly call: PipeCall;
  /** This media-svc. */
  readonly edge: StreamEdge;
  readonly listen: PipeListen;
  /** The pipe has ended by itself; called once. */
  readonly ended: (inlet: PipeInlet, reason: string) => void;
}

/**
 * A phone's picture from the media-svc where it arrives. Owns the call, which is the pipe's life on both sides, this end's transport and
 * the producers on it. Owned by its stream's attachment; ends by `close`, or with the call.
 */
export class PipeInlet implements Inflow {
  readonly origin: string;
  readonly encrypted = true;
  /** The origin knows by this edge's load whether it has to. */
  readonly main = alwaysRuns;
  readonly low: LowLayer;
  readonly #transport: types.PipeTransport;
  readonly #call: PipeCall;
  readonly #session: SessionRecord;
  readonly #counter: PictureCounter;
  #over = false;

  private constructor(
    transport: types.PipeTransport,
    readonly video: types.Producer,
    readonly audio: types.Producer | undefined,
    readonly size: { readonly width: number; readonly height: number },
    { session, origin, call, ended }: PipeInletOptions,
  ) {
    this.#transport = transport;
    this.#call = call;
    this.#session = session;
    this.origin = origin;
    this.low = new LowLayer({
      produce: async () => produce(transport, 'video', await call.takeLow()),
      // The origin has begun it, or said that it could not.
      attach: () => Promise.resolve(),
      detach: () => {
        call.leaveLow();
        return Promise.resolve(true);
      },
      askKeyFrame: (reason) => call.wish({ loss: reason === 'loss', low: true }),
    });
    this.#counter = new PictureCounter(video, this.low);
    call.onEnd((reason) => {
      this.#over = true;
      ended(this, reason);
    });
  }

  /** Errors: STREAM_ELSEWHERE, STREAM_FAILED, UNAVAILABLE, DEADLINE_EXCEEDED. Nothing is left behind then. */
  static async open(options: PipeInletOptions): Promise<PipeInlet> {
    const { router, call, edge, listen, session } = options;
    let transport: types.PipeTransport | undefined;
    try {
      transport = await createPipe(router, listen);
      const { phoneId } = session;
      const { end, video, audio, width, height } = await call.open({ phoneId, edge, end: endOf(transport) });
      await connectPipe(transport, end);
      if (video === undefined) throw new AppError('STREAM_FAILED', 'the origin sends no picture');
      const picture = await produce(transport, 'video', video);
      const sound = audio === undefined ? undefined : await produce(transport, 'audio', audio);
      return new PipeInlet(transport, picture, sound, { width, height }, options);
    } catch (error) {
      transport?.close();
      call.close();
      throw error;
    }
  }

  get producers(): types.Producer[] {
    return this.audio === undefined ? [this.video] : [this.video, this.audio];
  }

  serves({ bootId, rtpIp, rtpPort }: SessionRecord): boolean {
    const mine = this.#session;
    return !this.#over && mine.bootId === bootId && mine.rtpIp === rtpIp && mine.rtpPort === rtpPort;
  }

  askKeyFrame(reason: WishReason): void {
    this.#call.wish({ loss: reason === 'loss', low: false });
  }

  watched(load: Load): void {
    this.#call.load(load);
  }

  counts(): Promise<Counts> {
    return this.#counter.counts();
  }

  close(): void {
    this.#over = true;
    this.low.close();
    this.#call.close();
    this.#transport.close();
  }
}

function produce(
  transport: types.PipeTransport,
  kind: types.MediaKind,
  { rtpParameters }: PipeTrack,
): Promise<types.Producer> {
  return transport.produce({
    kind,
    rtpParameters: pipedParameters(JSON.parse(rtpParameters) as types.RtpParameters),
  });
}
