import type { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import { viewer as protocol } from '@ancloud/contracts';
import { AppError, type ClientPool, isAppError } from '@ancloud/kit';
import { viewerRevoked } from '../errors.js';
import { reachMedia, type MediaFinding } from '../signal/reach-media.js';
import type { FeedFinder } from '../feeds/feed-finder.js';
import type { TokenSigner } from '../viewers/token.js';
import type { ViewerDoor } from '../viewers/viewer-door.js';
import type { ViewerStore } from '../viewers/viewer-store.js';

/** A cold stream starts a video server on the phone first; as for a join. */
const ANSWER_MS = 20_000;
const SHORT_MS = 5_000;

export interface WhepParts extends MediaFinding {
  readonly door: Pick<ViewerDoor, 'admit'>;
  readonly signer: TokenSigner;
  readonly viewers: Pick<ViewerStore, 'end'>;
  readonly medias: ClientPool<typeof MediaServiceClient.service>;
  readonly feeds: Pick<FeedFinder, 'find'>;
}

/**
 * WHEP's sessions (draft-ietf-wish-whep-04): nothing of them is kept here. The session's id is the viewer's; the media-svc
 * that carries the phone's stream has the rest, so any gateway serves any request.
 */
export class Whep {
  readonly #parts: WhepParts;

  constructor(parts: WhepParts) {
    this.#parts = parts;
  }

  /**
   * Uses the token up, unless that fails. Errors: TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, PHONE_NOT_FOUND, FEED_NOT_FOUND, SDP_INVALID,
   * CODEC_UNSUPPORTED, VIEWER_REVOKED, STREAM_FAILED, SESSION_NOT_FOUND, CAPACITY, UNAVAILABLE, DEADLINE_EXCEEDED.
   */
  async create(
    token: string,
    {
      offer,
      feed,
      low,
    }: {
      readonly offer: string;
      /** Empty = the screen. */
      readonly feed: string;
      /** The screen's low layer. */
      readonly low: boolean;
    },
    signal: AbortSignal,
  ): Promise<{ readonly session: string; readonly answer: string; readonly etag: string }> {
    const { door, medias } = this.#parts;
    const admission = await door.admit({ kind: 'token', token });
    const { viewer: viewerId, phone: phoneId } = admission;
    try {
      const ask = (address: string) =>
        medias
          .get(address)
          .createWhep({ viewerId, phoneId, offer, feedId: feed, low }, { deadlineMs: ANSWER_MS, retries: 0 });
      const { answer, etag } =
        feed === ''
          ? await reachMedia(this.#parts, phoneId, signal, ask)
          : await ask((await this.#parts.feeds.find(feed)).address);
      // Listed, and revocable, for as long as media-svc lets a session live: nobody connects here to say that it does.
      if ((await admission.keep(protocol.limits.whepSessionMs)) === 'kept')
        return { session: viewerId, answer, etag };
    } catch (error) {
      await admission.giveBack();
      throw error;
    }
    // Its right was taken back while it was answered: whoever ended pictures then may have come too early.
    const carrier = await this.#carrierOf(phoneId, feed);
    if (carrier !== undefined)
      await medias
        .get(carrier)
        .deleteWhep({ viewerId })
        .catch(() => {});
    throw viewerRevoked(viewerId);
  }

  /** `fragment` in the answer is empty when candidates were taken. Errors: TOKEN_INVALID, VIEWER_NOT_FOUND, SDP_INVALID, ETAG_MISMATCH. */
  async patch(
    token: string,
    request: {
      readonly session: string;
      readonly feed: string;
      readonly ifMatch: string;
      readonly fragment: string;
    },
  ): Promise<{ readonly fragment: string; readonly etag: string }> {
    const { address } = await this.#sessionOf(token, request);
    const { session: viewerId, ifMatch, fragment } = request;
    return this.#parts.medias
      .get(address)
      .patchWhep({ viewerId, ifMatch, fragment }, { deadlineMs: SHORT_MS, retries: 0 });
  }

  /** Errors: TOKEN_INVALID, VIEWER_NOT_FOUND. */
  async delete(token: string, session: string, feed: string): Promise<void> {
    const { address, phone } = await this.#sessionOf(token, { session, feed });
    await this.#parts.medias
      .get(address)
      .deleteWhep({ viewerId: session }, { deadlineMs: SHORT_MS, retries: 0 });
    await this.#parts.viewers.end(session, phone);
  }

  /** Where the session lives, when the token is the one that made it. */
  async #sessionOf(
    token: string,
    { session, feed }: { readonly session: string; readonly feed: string },
  ): Promise<{ readonly address: string; readonly phone: string }> {
    // Good for its own session as long as that lasts: no time is too late.
    const claims = await this.#parts.signer.verify(token, 0);
    const address = claims.viewer === session ? await this.#carrierOf(claims.phone, feed) : undefined;
    if (address !== undefined) return { address, phone: claims.phone };
    throw new AppError('VIEWER_NOT_FOUND', `there is no WHEP session ${session} of this token`, {
      field: 'session',
      value: session,
      fix: 'it has ended: ask for a new viewer and POST an offer',
    });
  }

  /** The media-svc that has what the session watches; undefined when none does. */
  async #carrierOf(phone: string, feed: string): Promise<string | undefined> {
    if (feed === '') return (await this.#parts.facts.stream(phone))?.mediaAddress;
    return this.#parts.feeds.find(feed).then(
      ({ address }) => address,
      (error: unknown) => {
        if (isAppError(error, 'FEED_NOT_FOUND')) return undefined;
        throw error;
      },
    );
  }
}
