import type { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import { roleOf, viewer as protocol } from '@ancloud/contracts';
import { AppError, type ClientPool, isAppError } from '@ancloud/kit';
import { invalid, viewerRevoked } from '../errors.js';
import { carrierAddresses } from '../signal/core/pick-media.js';
import { reachSeat, type MediaFinding } from '../signal/reach-media.js';
import type { FeedFinder } from '../feeds/feed-finder.js';
import type { FeedTokens } from '../feeds/feed-tokens.js';
import type { TokenSigner } from '../viewers/token.js';
import type { Admission, ViewerDoor } from '../viewers/viewer-door.js';
import type { ViewerStore } from '../viewers/viewer-store.js';
import { OfferRate } from './offer-rate.js';

/** A cold stream starts a video server on the phone first; as for a join. */
const ANSWER_MS = 20_000;
const SHORT_MS = 5_000;

export interface WhepParts extends MediaFinding {
  readonly door: Pick<ViewerDoor, 'admit'>;
  readonly signer: TokenSigner;
  readonly viewers: Pick<ViewerStore, 'end'>;
  readonly medias: ClientPool<typeof MediaServiceClient.service>;
  readonly feeds: Pick<FeedFinder, 'find'>;
  readonly feedTokens: Pick<FeedTokens, 'ownerOf'>;
}

/**
 * WHEP's sessions (draft-ietf-wish-whep-04): nothing of them is kept here. The session's id is the viewer's; the media-svc
 * that carries the phone's stream has the rest, so any gateway serves any request.
 */
export class Whep {
  readonly #parts: WhepParts;
  readonly #offers: OfferRate;

  constructor(parts: WhepParts) {
    this.#parts = parts;
    this.#offers = new OfferRate(parts.clock);
  }

  /**
   * Uses the token up, unless that fails. Errors: TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, RATE_LIMITED, PHONE_NOT_FOUND, PHONE_NOT_RUNNING,
   * FEED_NOT_FOUND, FEED_NOT_LIVE, SDP_INVALID, CODEC_UNSUPPORTED, VIEWER_REVOKED, STREAM_FAILED, CAPACITY, UNAVAILABLE, DEADLINE_EXCEEDED.
   */
  async create(
    token: string,
    {
      offer,
      feed,
      layer,
    }: {
      readonly offer: string;
      /** Empty = the screen. */
      readonly feed: string;
      /** Of the screen. */
      readonly layer: protocol.Quality;
    },
    signal: AbortSignal,
  ): Promise<{ readonly session: string; readonly answer: string; readonly etag: string }> {
    const { door, medias, signer, clock } = this.#parts;
    this.#offers.take((await signer.verify(token, clock.now())).viewer);
    const admission = await door.admit({ kind: 'token', token });
    const { viewer: viewerId, phone: phoneId, pinned, owner } = admission;
    const role = roleOf(admission.role);
    let at = '';
    const low = layer === 'low' || pinned;
    const auto = layer === 'auto' && !pinned && feed === '';
    try {
      if (pinned && feed !== '')
        throw invalid('feed', feed, 'the token is for the low layer of the screen alone', "leave out 'feed'");
      const ask = (address: string, edge: boolean) => {
        at = address;
        return medias
          .get(address)
          .createWhep(
            { viewerId, phoneId, offer, feedId: feed, low, auto, edge, pinned, owner, role },
            { deadlineMs: ANSWER_MS, retries: 0 },
          );
      };
      const { answer, etag } =
        feed === ''
          ? await reachSeat(this.#parts, admission, signal, ({ address, edge }) => ask(address, edge))
          : await ask((await this.#parts.feeds.find(feed)).address, false);
      // Nobody connects here to say that it lives: media-svc does (`WhepPresence`).
      if ((await admission.keep(protocol.limits.whepAbsentMs)) === 'kept')
        return { session: viewerId, answer, etag };
    } catch (error) {
      await admission.giveBack();
      throw await this.#whyNothing(error, admission, feed);
    }
    // Its right was taken back while it was answered: whoever ended pictures then may have come too early.
    await Promise.allSettled([medias.get(at).deleteWhep({ viewerId })]);
    throw viewerRevoked(viewerId);
  }

  /**
   * `fragment` in the answer is empty when candidates were taken. Errors: TOKEN_INVALID, VIEWER_NOT_FOUND (also when its media-svc is gone), RATE_LIMITED, SDP_INVALID, ETAG_MISMATCH,
   * DEADLINE_EXCEEDED.
   */
  async patch(
    token: string,
    request: {
      readonly session: string;
      readonly feed: string;
      readonly ifMatch: string;
      readonly fragment: string;
    },
  ): Promise<{ readonly fragment: string; readonly etag: string }> {
    const { session: viewerId, feed, ifMatch, fragment } = request;
    return this.#atSession(token, viewerId, feed, (media) =>
      media.patchWhep({ viewerId, ifMatch, fragment }, { deadlineMs: SHORT_MS, retries: 0 }),
    );
  }

  /** Errors: TOKEN_INVALID, VIEWER_NOT_FOUND (also when its media-svc is gone), DEADLINE_EXCEEDED. */
  async delete(token: string, session: string, feed: string): Promise<void> {
    const { phone } = await this.#claims(token);
    await this.#atSession(token, session, feed, (media) =>
      media.deleteWhep({ viewerId: session }, { deadlineMs: SHORT_MS, retries: 0 }),
    );
    await this.#parts.viewers.end(session, phone);
  }

  /**
   * Asks the media-svc where the session lives, when the token is the one that made it: one of those that have what it watches. One that is gone, or answers nothing, has it no
   * more: a player that hears so now comes again now. The viewer is forgotten when all have said that it is nowhere, and stands on while one that answers nothing may send to it.
   */
  async #atSession<T>(
    token: string,
    session: string,
    feed: string,
    ask: (media: ReturnType<WhepParts['medias']['get']>) => Promise<T>,
  ): Promise<T> {
    const claims = await this.#claims(token);
    const carriers = claims.viewer === session ? await this.#carriersOf(claims.phone, feed) : [];
    let unsure = false;
    for (const address of carriers) {
      const answers = await this.#parts.reached(address);
      if (answers === 'silent') unsure = true;
      if (answers !== 'ready') continue;
      try {
        return await ask(this.#parts.medias.get(address));
      } catch (error) {
        // UNAVAILABLE: it has died, or fallen silent, as it was asked.
        if (isAppError(error, 'UNAVAILABLE')) unsure = true;
        else if (!isAppError(error, 'VIEWER_NOT_FOUND')) throw error;
      }
    }
    if (claims.viewer === session && !unsure) await this.#parts.viewers.end(session, claims.phone);
    throw new AppError('VIEWER_NOT_FOUND', `there is no WHEP session ${session} of this token`, {
      field: 'session',
      value: session,
      fix: 'it has ended: ask for a new viewer and POST an offer',
    });
  }

  /** What is not there now and may come is told from what never will: such a player may POST again. */
  async #whyNothing(error: unknown, { phone, owner }: Admission, feed: string): Promise<unknown> {
    if (isAppError(error, 'SESSION_NOT_FOUND'))
      return new AppError('PHONE_NOT_RUNNING', `phone ${phone} shows nothing now`, {
        field: 'phone',
        value: phone,
        fix: 'start the phone, or POST again when it is ready',
      });
    if (!isAppError(error, 'FEED_NOT_FOUND')) return error;
    const waits = await this.#parts.feedTokens.ownerOf(feed).catch(() => undefined);
    if (waits !== owner) return error;
    return new AppError('FEED_NOT_LIVE', `nobody sends to feed ${feed} yet`, {
      field: 'feed',
      value: feed,
      fix: 'POST again when its publisher has come',
    });
  }

  /** Good for its own session as long as that lasts: no time is too late. */
  #claims(token: string) {
    return this.#parts.signer.verify(token, 0);
  }

  /**
   * The media-svcs that have what the session watches. All of them while no record says who carries the phone: an edge and its viewers outlive their origin, and the record that this
   * takes with it.
   */
  async #carriersOf(phone: string, feed: string): Promise<string[]> {
    if (feed === '') {
      const { facts } = this.#parts;
      const carriers = carrierAddresses(await facts.stream(phone));
      return carriers.length > 0 ? carriers : (await facts.medias()).map(({ mediaAddress }) => mediaAddress);
    }
    return this.#parts.feeds.find(feed).then(
      ({ address }) => [address],
      (error: unknown) => {
        if (isAppError(error, 'FEED_NOT_FOUND')) return [];
        throw error;
      },
    );
  }
}
