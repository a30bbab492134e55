import type { types } from 'mediasoup';
import type { PipeLow, PipeOpen, PipeOpened, PipeTrack, PipeWish } from '@ancloud/contracts/media/v1/media';
import { Role } from '@ancloud/contracts/common/v1/common';
import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import type { StreamEdge } from '@ancloud/contracts/state/v1/state';
import { AppError, asAppError } from '@ancloud/kit';
import { edgeNeedsMain } from '../core/main-run.js';
import { ownShape } from '../core/rtp-parameters.js';
import type { Branch } from '../workers/branch.js';
import type { Load } from './inflow.js';
import type { LowSeat } from './low-layer.js';
import { connectPipe, createPipe, endOf, type PipeListen } from './pipe-end.js';
import type { Stream } from './stream.js';
import type { StreamViewer } from './stream-viewer.js';

export interface PipeOutletOptions {
  readonly stream: Stream;
  readonly open: PipeOpen;
  readonly listen: PipeListen;
  /** Answers `low`. */
  readonly low: (answer: PipeLow) => void;
  /** Called once, whoever closed it. */
  readonly closed: (reason: string) => void;
}

/**
 * A phone's picture on its way to another media-svc. To its stream it is a viewer: it has a seat, and the phone encodes for it. One outlet
 * sends what came by one inflow: when that is replaced its producers end, the outlet with them, and the edge opens the next. Owned by its
 * call (api/pipe-connection.ts); ends by `close`, as any viewer, and with the picture's producer.
 */
export class PipeOutlet implements StreamViewer {
  readonly branch: Branch;
  readonly #options: PipeOutletOptions;
  readonly #left: () => void;
  #edge: StreamEdge;
  #transport: types.PipeTransport | undefined;
  #low: { readonly seat: LowSeat; readonly consumer: types.Consumer } | undefined;
  /** Wishes for the low layer, one after the other. */
  #queue = Promise.resolve();
  #opened = false;
  #closed = false;

  private constructor(branch: Branch, left: () => void, edge: StreamEdge, options: PipeOutletOptions) {
    this.branch = branch;
    this.#left = left;
    this.#edge = edge;
    this.#options = options;
  }

  /** Errors: STREAM_FAILED when no session gave a picture within 10 s, CAPACITY, UNAVAILABLE at the stream's end. */
  static async open(
    options: PipeOutletOptions,
  ): Promise<{ readonly outlet: PipeOutlet; readonly opened: PipeOpened }> {
    const { stream, open } = options;
    const { edge } = open;
    if (edge === undefined || edge.mediaId === '')
      throw new AppError('MESSAGE_MALFORMED', 'a pipe was asked for by nobody', { field: 'edge' });
    const outlet = await stream.seat(
      `edge:${edge.mediaId}`,
      ownShape,
      (branch, left) => new PipeOutlet(branch, left, edge, options),
    );
    try {
      return { outlet, opened: await outlet.#begin() };
    } catch (error) {
      outlet.close(asAppError(error).message);
      throw error;
    }
  }

  get edge(): StreamEdge {
    return this.#edge;
  }

  get needsMain(): boolean {
    return edgeNeedsMain(this.#opened, this.#edge);
  }

  load({ viewers, pinned, full }: Load): void {
    const edge = this.#edge;
    if (edge.viewers === viewers && edge.pinned === pinned && edge.full === full) return;
    this.#edge = { ...edge, viewers, pinned, full };
    this.#options.stream.changed();
  }

  /** Within the limits of the phone as a whole: the edge's viewers wish as those here do. */
  wish({ loss, low }: PipeWish): void {
    if (!this.#closed) this.#options.stream.wantKeyFrame(loss ? 'loss' : 'join', low ? 'low' : 'main');
  }

  /** The edge wants the low layer, or no more. */
  wantLow(wanted: boolean): void {
    this.#queue = this.#queue.then(() => (wanted ? this.#takeLow() : this.#leaveLow()));
  }

  /** What changes for viewers the edge sees for itself. */
  notify(): void {}

  /** The producers before have closed, and the outlet with them, unless it waits for its first ones. */
  replaced(): void {}

  judge(): void {}

  view(): Promise<ViewerView> {
    return Promise.resolve({
      viewerId: `edge:${this.#edge.mediaId}`,
      role: Role.ROLE_WATCH,
      joinedAtMs: 0,
      worker: this.branch.worker.index,
      iceState: 'none',
      transport: 'udp',
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
    this.#closed = true;
    this.#leaveLow();
    this.#transport?.close();
    this.#left();
    this.#options.closed(reason);
  }

  async #begin(): Promise<PipeOpened> {
    const { stream, open, listen } = this.#options;
    const producers = await stream.producers(this.branch);
    const transport = await createPipe(this.branch.router, listen);
    this.#transport = transport;
    if (this.#closed) {
      transport.close();
      throw new AppError('CANCELLED', 'the edge is gone');
    }
    await connectPipe(transport, open.end);
    const consumers = await Promise.all(
      producers.map((producer) => transport.consume({ producerId: producer.id })),
    );
    const video = consumers.find(({ kind }) => kind === 'video');
    const audio = consumers.find(({ kind }) => kind === 'audio');
    if (video === undefined || video.closed) throw new AppError('STREAM_FAILED', 'the picture has ended');
    video.on('producerclose', () => this.close("the phone's picture comes another way"));
    this.#opened = true;
    stream.changed();
    const { width, height } = stream.facts.size;
    return {
      end: endOf(transport),
      video: trackOf(video),
      ...(audio === undefined ? {} : { audio: trackOf(audio) }),
      width,
      height,
    };
  }

  /** Never rejects. */
  async #takeLow(): Promise<void> {
    const { stream, low } = this.#options;
    if (this.#closed) return;
    // Each wish has its answer: the edge waits for one.
    if (this.#low !== undefined) return low({ track: trackOf(this.#low.consumer), reason: '' });
    let seat: LowSeat | undefined;
    try {
      seat = await stream.takeLow(this.branch);
      const consumer = await this.#transport?.consume({ producerId: seat.producer.id });
      if (consumer === undefined || this.#closed) throw new AppError('CANCELLED', 'the edge is gone');
      this.#low = { seat, consumer };
      low({ track: trackOf(consumer), reason: '' });
    } catch (error) {
      seat?.leave();
      if (!this.#closed) low({ reason: asAppError(error).message });
    }
  }

  #leaveLow(): void {
    this.#low?.consumer.close();
    this.#low?.seat.leave();
    this.#low = undefined;
  }
}

function trackOf({ rtpParameters }: types.Consumer): PipeTrack {
  return { rtpParameters: JSON.stringify(rtpParameters) };
}
