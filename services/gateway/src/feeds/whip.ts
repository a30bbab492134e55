import { Wanted } from '@ancloud/contracts/common/v1/common';
import type { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import { AppError, type ClientPool } from '@ancloud/kit';
import { phoneNotFound } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import { reachMedia, type MediaFinding } from '../signal/reach-media.js';
import { type FeedFinder, feedNotFound } from './feed-finder.js';
import type { FeedSigner } from './feed-token.js';
import type { FeedTokens } from './feed-tokens.js';
import { OfferRate } from '../whep/offer-rate.js';

const ANSWER_MS = 10_000;
const SHORT_MS = 5_000;

export interface WhipParts extends MediaFinding {
  readonly facts: MediaFinding['facts'] & Pick<FarmFacts, 'phone'>;
  readonly signer: FeedSigner;
  readonly tokens: FeedTokens;
  readonly finder: FeedFinder;
  readonly medias: ClientPool<typeof MediaServiceClient.service>;
}

/** WHIP's sessions (RFC 9725). As WHEP's: nothing of them is kept here, so any gateway serves any request. The session's id is the feed's. */
export class Whip {
  readonly #parts: WhipParts;
  readonly #offers: OfferRate;

  constructor(parts: WhipParts) {
    this.#parts = parts;
    this.#offers = new OfferRate(parts.clock);
  }

  /**
   * Uses the token up, unless that fails. Errors: TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, RATE_LIMITED, PHONE_NOT_FOUND, SDP_INVALID,
   * CODEC_UNSUPPORTED, STREAM_FAILED, CAPACITY, UNAVAILABLE, DEADLINE_EXCEEDED.
   */
  async create(
    token: string,
    offer: string,
    signal: AbortSignal,
  ): Promise<{ readonly feed: string; readonly answer: string; readonly etag: string }> {
    const { signer, tokens, medias, clock, facts } = this.#parts;
    const { feed, phone, owner, exp } = await signer.verify(token, clock.now());
    this.#offers.take(feed);
    if ((await tokens.take(feed)) === undefined)
      throw new AppError('TOKEN_USED', "the feed's token was used before, or the feed was ended", {
        field: 'token',
        fix: 'ask for a new feed',
      });
    try {
      const view = await facts.phone(phone);
      if (view === undefined || view.desired.owner !== owner || view.desired.wanted === Wanted.WANTED_REMOVED)
        throw phoneNotFound(phone);
      const request = { feedId: feed, phoneId: phone, owner, offer };
      const { answer, etag } = await reachMedia(this.#parts, phone, signal, (address) =>
        medias.get(address).createWhip(request, { deadlineMs: ANSWER_MS, retries: 0 }),
      );
      return { feed, answer, etag };
    } catch (error) {
      // A lost Redis keeps the publisher from trying again with this token; there is nothing more to be done here.
      await tokens.put(feed, owner, exp * 1000 - clock.now()).catch(() => {});
      throw error;
    }
  }

  /** `fragment` in the answer is empty when candidates were taken. Errors: TOKEN_INVALID, FEED_NOT_FOUND, RATE_LIMITED, SDP_INVALID, ETAG_MISMATCH. */
  async patch(
    token: string,
    {
      feed,
      ifMatch,
      fragment,
    }: { readonly feed: string; readonly ifMatch: string; readonly fragment: string },
  ): Promise<{ readonly fragment: string; readonly etag: string }> {
    const address = await this.#sessionOf(token, feed);
    return this.#parts.medias
      .get(address)
      .patchWhip({ feedId: feed, ifMatch, fragment }, { deadlineMs: SHORT_MS, retries: 0 });
  }

  /** Errors: TOKEN_INVALID, FEED_NOT_FOUND. */
  async delete(token: string, feed: string): Promise<void> {
    const address = await this.#sessionOf(token, feed);
    await this.#parts.medias.get(address).deleteWhip({ feedId: feed }, { deadlineMs: SHORT_MS, retries: 0 });
  }

  /** Where the feed arrives, when the token is the one that made it. */
  async #sessionOf(token: string, feed: string): Promise<string> {
    // Good for its own session as long as that lasts: no time is too late.
    const claims = await this.#parts.signer.verify(token, 0);
    if (claims.feed !== feed) throw feedNotFound(feed);
    return (await this.#parts.finder.find(feed)).address;
  }
}
