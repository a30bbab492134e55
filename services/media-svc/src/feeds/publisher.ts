import type { types } from 'mediasoup';
import { AppError } from '@ancloud/kit';
import { writeAnswer } from '../core/whep-answer.js';
import type { WhepOffer } from '../core/whep-offer.js';
import { kindsOf, producersOf, type FeedKind } from '../core/whip-offer.js';
import { IceSession } from '../ice/ice-session.js';
import type { Received } from '../io/feed-metrics.js';
import type { Branch } from '../workers/branch.js';

/** Between two key frames that are asked of the publisher: a crowd that joins makes one wish. */
const KEY_FRAME_MS = 1_000;

/** Who comes with an offer. */
export interface Publication {
  /** Its id, among those that come by the feed's token one after the other. */
  readonly session: string;
  readonly offer: WhepOffer;
  /** Whoever asked does not wait for the answer any more. */
  readonly gone: () => boolean;
}

/**
 * Whoever sends a feed at a time: its transport, and a producer of each kind. Owned by its feed; ends by `close` or with the router, and tells by
 * `ended`, once or more, that the other side is gone (ice-session.ts).
 */
export class Publisher {
  readonly session: string;
  readonly producers: readonly types.Producer[];
  readonly sinceMs = Date.now();
  readonly #offer: WhepOffer;
  readonly #ice: IceSession;

  private constructor({ session, offer }: Publication, ice: IceSession, producers: types.Producer[]) {
    this.session = session;
    this.producers = producers;
    this.#offer = offer;
    this.#ice = ice;
  }

  /** Nothing is left behind by an error: SDP_INVALID, STREAM_FAILED. */
  static async create(
    root: Branch,
    publication: Publication,
    { cname, ended }: { readonly cname: string; readonly ended: (who: Publisher, reason: string) => void },
  ): Promise<Publisher> {
    const { offer } = publication;
    const sent = producersOf(offer, cname);
    const transport = await root.createViewerTransport({ data: false });
    let publisher: Publisher | undefined;
    const ice = new IceSession(transport, offer, (reason) => {
      // A worker that answers late: nobody has been answered yet, so there is nothing to end but the attempt.
      if (publisher === undefined) ice.close();
      else ended(publisher, reason);
    });
    const producers: types.Producer[] = [];
    try {
      await ice.connect();
      for (const { kind, rtpParameters } of sent)
        producers.push(await transport.produce({ kind, rtpParameters, keyFrameRequestDelay: KEY_FRAME_MS }));
      if (transport.closed)
        throw new AppError('STREAM_FAILED', 'the publisher could not be begun in time', {
          fix: 'POST the offer again',
        });
    } catch (error) {
      ice.close();
      throw error;
    }
    publisher = new Publisher(publication, ice, producers);
    return publisher;
  }

  get kinds(): readonly FeedKind[] {
    return kindsOf(this.#offer);
  }

  get etag(): string {
    return this.#ice.etag;
  }

  /** Its packets come, or could. */
  get live(): boolean {
    return this.#ice.transport.dtlsState === 'connected';
  }

  /** What has come from it so far. Errors: mediasoup's, when it has ended. */
  async received(): Promise<Received> {
    const [stats] = await this.#ice.transport.getStats();
    if (stats === undefined) return { all: 0, taken: 0 };
    return { all: stats.bytesReceived, taken: stats.rtpBytesReceived + stats.rtxBytesReceived };
  }

  /** The SDP for it. */
  answer(streamId: string): string {
    return writeAnswer({
      offer: this.#offer,
      transport: this.#ice.answers,
      tracks: this.producers,
      direction: 'recvonly',
      sessionId: String(this.sinceMs),
      streamId,
    });
  }

  /** Errors: RATE_LIMITED, SDP_INVALID, ETAG_MISMATCH. */
  patch(ifMatch: string, fragment: string): ReturnType<IceSession['patch']> {
    return this.#ice.patch(ifMatch, fragment);
  }

  /** The transport with its producers. May be called twice. */
  close(): void {
    this.#ice.close();
  }
}
