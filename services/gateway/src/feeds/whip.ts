import { Wanted } from '@ancloud/contracts/common/v1/common';
import type {
  CreateWhipRequest,
  CreateWhipResponse,
  MediaServiceClient,
} from '@ancloud/contracts/media/v1/media';
import { AppError, asAppError, type ClientPool, isAppError, type Log } from '@ancloud/kit';
import { newId } from '../api/ids.js';
import { phoneNotFound } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import { reachMedia, type MediaFinding } from '../signal/reach-media.js';
import { OfferRate } from '../whep/offer-rate.js';
import { type FeedFinder, feedNotFound } from './feed-finder.js';
import type { FeedSigner } from './feed-token.js';
import type { FeedPlace, FeedTokens, TurnRefused } from './feed-tokens.js';
import type { WhipCount } from './whip-counts.js';

const ANSWER_MS = 10_000;
const SHORT_MS = 5_000;
/** For the end of what nobody was answered for: whoever waits for an answer waits for this too. */
const STRAY_MS = 1_000;
/** After these nobody knows whether the offer was taken. All others are a media-svc's own words, which has nothing of it then. */
const UNSURE: ReadonlySet<string> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'INTERNAL']);

export interface WhipParts extends MediaFinding {
  readonly facts: MediaFinding['facts'] & Pick<FarmFacts, 'phone'>;
  readonly signer: FeedSigner;
  readonly tokens: Pick<FeedTokens, 'begin' | 'settle' | 'giveBack'>;
  readonly finder: Pick<FeedFinder, 'find'>;
  readonly medias: ClientPool<typeof MediaServiceClient.service>;
  readonly counted: WhipCount;
  readonly log: Log;
}

/** What a media-svc answered, which, and for which session. */
type Placed = CreateWhipResponse & FeedPlace;

/**
 * WHIP's sessions (RFC 9725). As WHEP's: nothing of them is kept here, so any gateway serves any request. A token is good again and again: who comes
 * anew by it has the place of the one before, which a server would otherwise believe to live for as long as a cut can last.
 */
export class Whip {
  readonly #parts: WhipParts;
  readonly #offers: OfferRate;

  constructor(parts: WhipParts) {
    this.#parts = parts;
    this.#offers = new OfferRate(parts.clock);
  }

  /**
   * The publisher before has ended when this returns, also where it was sent to another media-svc; one that does not answer ends it by itself, when it
   * notices that its leases are lost. An error leaves it as it was, unless it came after the offer was taken. Errors: TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, RATE_LIMITED, PHONE_NOT_FOUND,
   * SDP_INVALID, CODEC_UNSUPPORTED, STREAM_FAILED, CAPACITY, UNAVAILABLE, DEADLINE_EXCEEDED.
   */
  async create(
    token: string,
    offer: string,
    signal: AbortSignal,
  ): Promise<{ readonly session: string; readonly answer: string; readonly etag: string }> {
    try {
      return await this.#create(token, offer, signal);
    } catch (error) {
      this.#parts.counted(asAppError(error).code);
      throw error;
    }
  }

  /** `fragment` in the answer is empty when candidates were taken. Errors: TOKEN_INVALID, FEED_NOT_FOUND, RATE_LIMITED, SDP_INVALID, ETAG_MISMATCH. */
  async patch(
    token: string,
    {
      session,
      ifMatch,
      fragment,
    }: { readonly session: string; readonly ifMatch: string; readonly fragment: string },
  ): Promise<{ readonly fragment: string; readonly etag: string }> {
    const { feedId, address } = await this.#placeOf(token, session);
    return this.#parts.medias
      .get(address)
      .patchWhip({ feedId, sessionId: session, ifMatch, fragment }, { deadlineMs: SHORT_MS, retries: 0 });
  }

  /** The token stays good: whoever stops may begin again. Errors: TOKEN_INVALID, FEED_NOT_FOUND. */
  async delete(token: string, session: string): Promise<void> {
    const { feedId, address } = await this.#placeOf(token, session);
    await this.#parts.medias
      .get(address)
      .deleteWhip({ feedId, sessionId: session }, { deadlineMs: SHORT_MS, retries: 0 });
  }

  async #create(
    token: string,
    offer: string,
    signal: AbortSignal,
  ): Promise<{ session: string; answer: string; etag: string }> {
    const { signer, tokens, clock, counted, log } = this.#parts;
    const { feed, phone, owner } = await signer.verify(token, clock.now());
    this.#offers.take(feed);
    const turn = newId('ws');
    const begun = await tokens.begin(feed, turn);
    if (typeof begun === 'string') throw refused(begun);
    const { former } = begun;
    let placed: Placed | undefined;
    try {
      await this.#requirePhone(phone, owner);
      placed = await this.#publish(former, phone, signal, (address) =>
        this.#attempt({ feedId: feed, phoneId: phone, owner, offer }, address),
      );
      const settled = await tokens.settle(feed, turn, placed);
      if (settled !== 'settled') throw refused(settled);
    } catch (error) {
      if (placed !== undefined) await this.#end(feed, placed);
      // With a lost Redis the turn ends by its time; there is nothing more to be done here.
      await tokens.giveBack(feed, turn).catch(() => {});
      throw error;
    }
    const { session, address, answer, etag, displaced } = placed;
    const elsewhere = former !== undefined && former.address !== address && (await this.#end(feed, former));
    counted(displaced || elsewhere ? 'displaced' : 'first');
    if (displaced || elsewhere)
      log.info(
        { feed, phone, owner, session, displaced: former?.session ?? '' },
        'a publisher has the place of the one before by the same token',
      );
    return { session, answer, etag };
  }

  /** A token outlives neither its phone nor a change of the phone's owner. */
  async #requirePhone(phone: string, owner: string): Promise<void> {
    const view = await this.#parts.facts.phone(phone);
    if (view === undefined || view.desired.owner !== owner || view.desired.wanted === Wanted.WANTED_REMOVED)
      throw phoneNotFound(phone);
  }

  /** Where the publisher before was, so that who watches it goes on; else as for the phone's stream. */
  async #publish(
    former: FeedPlace | undefined,
    phone: string,
    signal: AbortSignal,
    attempt: (address: string) => Promise<Placed>,
  ): Promise<Placed> {
    const { facts, reached } = this.#parts;
    if (former !== undefined) {
      const { address } = former;
      const there = (await facts.medias()).some(({ mediaAddress }) => mediaAddress === address);
      try {
        if (there && (await reached(address)) === 'ready') return await attempt(address);
      } catch (error) {
        if (!isAppError(error, 'UNAVAILABLE') && !isAppError(error, 'CAPACITY')) throw error;
      }
    }
    return reachMedia(this.#parts, phone, signal, attempt);
  }

  /** By a session of its own: what an earlier attempt may have left is told from it, wherever it is. Leaves nothing behind that it can end. */
  async #attempt(request: Omit<CreateWhipRequest, 'sessionId'>, address: string): Promise<Placed> {
    const session = newId('ws');
    try {
      const options = { deadlineMs: ANSWER_MS, retries: 0 };
      const answer = await this.#parts.medias
        .get(address)
        .createWhip({ ...request, sessionId: session }, options);
      return { ...answer, session, address };
    } catch (error) {
      // Nobody would send to it, but it would take the places of the next one by force. One that cannot be ended now does so by itself
      // in 30 s: nobody connects to it.
      if (isAppError(error) && UNSURE.has(error.code))
        await this.#end(request.feedId, { session, address }, STRAY_MS);
      throw error;
    }
  }

  /** Never throws. @returns false when it was over before. */
  async #end(
    feedId: string,
    { session, address }: FeedPlace,
    deadlineMs: number = SHORT_MS,
  ): Promise<boolean> {
    const { medias, reached } = this.#parts;
    try {
      const answers = await reached(address);
      if (answers === 'ready')
        await medias.get(address).deleteWhip({ feedId, sessionId: session }, { deadlineMs, retries: 0 });
      // What is silent may live; what refuses connections died, and its sessions with it.
      return answers !== 'refused';
    } catch (error) {
      return !isAppError(error, 'FEED_NOT_FOUND');
    }
  }

  /** Where the session's publisher arrives, when the token is the one that it came by. */
  async #placeOf(token: string, session: string): Promise<{ feedId: string; address: string }> {
    // Good for its own session as long as that lasts: no time is too late.
    const { feed } = await this.#parts.signer.verify(token, 0);
    if (session === '') throw feedNotFound(feed);
    return { feedId: feed, address: (await this.#parts.finder.find(feed, session)).address };
  }
}

function refused(why: TurnRefused): AppError {
  return why === 'void'
    ? new AppError('TOKEN_REVOKED', 'the feed was ended, or the farm has forgotten its token', {
        field: 'token',
        fix: 'ask for a new feed',
      })
    : new AppError(
        'RATE_LIMITED',
        'another offer by this token is being answered, or was within the last second',
        { field: 'token', fix: 'POST it again in a second, and let one publisher alone use the token' },
      );
}
