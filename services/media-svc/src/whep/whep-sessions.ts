import { subjects, viewer as protocol } from '@ancloud/contracts';
import { Role } from '@ancloud/contracts/common/v1/common';
import type { ViewerRight } from '@ancloud/contracts/events/v1/events';
import type { Bus } from '@ancloud/bus';
import { AppError, type Log } from '@ancloud/kit';
import { readOffer, shapeOf } from '../core/whep-offer.js';
import type { Feed } from '../feeds/feed.js';
import type { Feeds } from '../feeds/feeds.js';
import type { Stream } from '../streams/stream.js';
import type { Streams } from '../streams/streams.js';
import { onlyLayer, whepLayers } from './whep-layers.js';
import { WhepViewer } from './whep-viewer.js';

/**
 * WHEP's sessions of this instance, by viewer. Each is owned by its stream; it leaves here when it closes. Gateways are told again and again which are there: nothing else tells them, and
 * those of an instance that dies are forgotten. Owned by main; ends by `close`.
 */
export class WhepSessions {
  readonly #streams: Streams;
  readonly #feeds: Feeds;
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #viewers = new Map<
    string,
    { readonly viewer: WhepViewer; readonly phoneId: string; readonly right: ViewerRight }
  >();
  readonly #beat: NodeJS.Timeout;

  constructor(parts: {
    readonly streams: Streams;
    readonly feeds: Feeds;
    readonly bus: Bus;
    readonly log: Log;
  }) {
    this.#streams = parts.streams;
    this.#feeds = parts.feeds;
    this.#bus = parts.bus;
    this.#log = parts.log;
    this.#beat = setInterval(() => {
      for (const [viewerId, { phoneId, right }] of this.#viewers) this.#presence(phoneId, viewerId, right);
    }, protocol.limits.whepBeatMs);
  }

  /** The sessions end with their streams. May be called twice. */
  close(): void {
    clearInterval(this.#beat);
  }

  /**
   * Errors: SDP_INVALID, CODEC_UNSUPPORTED, FEED_NOT_FOUND, and what `Streams.open` and `Stream.seat` say. Nothing is left behind then.
   */
  async create(request: {
    readonly phoneId: string;
    readonly viewerId: string;
    readonly offer: string;
    /** To be watched instead of the phone's screen; empty = the screen. */
    readonly feedId: string;
    /** The low layer of the screen in the place of the phone's own picture, for as long as it watches. */
    readonly low: boolean;
    /** That while its link does not take the phone's own. */
    readonly auto: boolean;
    /** A thumbnail: no reason to keep the phone awake. */
    readonly pinned: boolean;
    readonly owner: string;
    /** Of its token. */
    readonly role: Role;
    /** Also where the phone arrives at another media-svc. */
    readonly edge: boolean;
  }): Promise<{ readonly answer: string; readonly etag: string }> {
    const { phoneId, viewerId, owner, role, pinned } = request;
    const right = { owner, role, pinned };
    // Before anything is opened: a bad offer costs nothing.
    const offer = readOffer(request.offer);
    const quality = request.low ? 'low' : request.auto ? 'auto' : 'main';
    const sound = offer.sections.some(({ media, codec }) => media === 'audio' && codec !== undefined);
    const stream = request.feedId === '' ? await this.#streams.open(phoneId, request.edge) : undefined;
    const watched: Stream | Feed = stream ?? this.#feeds.of(phoneId, request.feedId);
    const viewer = await watched.seat(viewerId, shapeOf(offer), (branch, left) => {
      const made: WhepViewer = new WhepViewer(watched, branch, {
        id: viewerId,
        offer,
        layers: stream === undefined ? onlyLayer : whepLayers(stream, branch, { quality, sound }),
        needsMain: quality !== 'low' || sound,
        pinned,
        log: this.#log,
        closed: (reason) => {
          left();
          if (this.#viewers.get(viewerId)?.viewer === made) this.#viewers.delete(viewerId);
          this.#presence(phoneId, viewerId, undefined);
          this.#log.debug({ viewer: viewerId, reason }, 'a WHEP viewer is closed');
        },
      });
      this.#viewers.set(viewerId, { viewer: made, phoneId, right });
      this.#presence(phoneId, viewerId, right);
      return made;
    });
    try {
      return await viewer.answer();
    } catch (error) {
      viewer.close('it could not be answered');
      throw error;
    }
  }

  /** Errors: VIEWER_NOT_FOUND, also when it has ended meanwhile, RATE_LIMITED, SDP_INVALID, ETAG_MISMATCH. */
  async patch(
    viewerId: string,
    ifMatch: string,
    fragment: string,
  ): Promise<{ readonly fragment: string; readonly etag: string }> {
    try {
      return await this.#viewer(viewerId).patch(ifMatch, fragment);
    } catch (error) {
      // Of one that has ended a worker says something else, or nothing more.
      this.#viewer(viewerId);
      throw error;
    }
  }

  /** Errors: VIEWER_NOT_FOUND. */
  delete(viewerId: string): void {
    this.#viewer(viewerId).close('the player left');
  }

  /** Whatever it watches; one that is not here is no error. */
  revoke(viewerId: string, reason: string): void {
    this.#viewers.get(viewerId)?.viewer.close(reason);
  }

  #viewer(id: string): WhepViewer {
    const known = this.#viewers.get(id);
    if (known !== undefined) return known.viewer;
    throw new AppError('VIEWER_NOT_FOUND', `there is no WHEP session ${id}`, {
      field: 'session',
      value: id,
      fix: 'it has ended: ask for a new viewer and POST an offer',
    });
  }

  /** `right` of one that is there. */
  #presence(phoneId: string, viewerId: string, right: ViewerRight | undefined): void {
    this.#bus.publish(
      subjects.viewer,
      { phone: phoneId },
      { phoneId, viewerId, role: Role.ROLE_WATCH, present: right !== undefined, connection: '', right },
    );
  }
}
