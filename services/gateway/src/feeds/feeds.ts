import { feedIdPattern } from '@ancloud/contracts';
import { Wanted } from '@ancloud/contracts/common/v1/common';
import type {
  CreateFeedRequest,
  EndFeedRequest,
  Feed,
  ListFeedsRequest,
  ListFeedsResponse,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import { type ClientPool, type Clock, isAppError } from '@ancloud/kit';
import { newId } from '../api/ids.js';
import { owns, type Principal } from '../auth/principal.js';
import { invalid, phoneDeleting } from '../errors.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import { feedTtl } from '../viewers/token-ttl.js';
import { type FeedFinder, feedNotFound } from './feed-finder.js';
import type { FeedSigner } from './feed-token.js';
import type { FeedTokens } from './feed-tokens.js';

const END_MS = 5_000;

export interface FeedParts {
  readonly access: Pick<PhoneAccess, 'load'>;
  readonly signer: FeedSigner;
  readonly tokens: Pick<FeedTokens, 'put' | 'ownerOf' | 'end'>;
  readonly finder: Pick<FeedFinder, 'all' | 'each'>;
  readonly medias: ClientPool<typeof MediaServiceClient.service>;
  readonly clock: Clock;
  /** `https://host[:port]`. */
  readonly publicUrl: string;
}

/** Cameras and microphones of the caller's phones: who may send one, who does, and their end. */
export class Feeds {
  readonly #parts: FeedParts;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** Errors: PHONE_NOT_FOUND, PHONE_DELETING, INVALID_ARGUMENT. */
  async create(principal: Principal, { phoneId, ttlSeconds }: CreateFeedRequest): Promise<Feed> {
    const { access, signer, tokens, clock, publicUrl } = this.#parts;
    const ttl = feedTtl.of(ttlSeconds);
    const { desired } = await access.load(principal, phoneId);
    if (desired.wanted === Wanted.WANTED_REMOVED) throw phoneDeleting(phoneId);
    const feedId = newId('fe');
    const exp = Math.floor(clock.now() / 1000) + ttl;
    const token = await signer.sign({ feed: feedId, phone: phoneId, owner: desired.owner, exp });
    await tokens.put(feedId, desired.owner, ttl * 1000);
    return { feedId, token, whipUrl: `${publicUrl}/v1/whip`, expiresAtMs: exp * 1000 };
  }

  /** Errors: UNAVAILABLE when a media-svc of the farm does not answer. */
  async list(principal: Principal, { phoneId }: ListFeedsRequest): Promise<ListFeedsResponse> {
    const feeds = (await this.#parts.finder.all())
      .map(({ what }) => what)
      .filter((feed) => owns(principal, feed.owner) && (phoneId === '' || feed.phoneId === phoneId))
      .toSorted((a, b) => a.startedAtMs - b.startedAtMs || a.feedId.localeCompare(b.feedId));
    return { feeds };
  }

  /** Makes its token void, and ends what is sent by it, at every media-svc that answers. Errors: FEED_NOT_FOUND, INVALID_ARGUMENT, UNAVAILABLE. */
  async end(principal: Principal, { feedId }: EndFeedRequest): Promise<void> {
    const { tokens, finder, medias } = this.#parts;
    if (!feedIdPattern.test(feedId))
      throw invalid(
        'feedId',
        feedId,
        'feedId is not the id of a feed',
        "use an id such as 'fe_4k2', as it came",
      );
    const owner = await tokens.ownerOf(feedId);
    const voided = owner !== undefined && owns(principal, owner);
    // First the token: whoever comes by it now is refused, and ended where it was answered already.
    if (voided && !(await tokens.end(feedId))) return;
    const found = await finder.each(
      (feed) => feed.feedId === feedId && owns(principal, feed.owner),
      async ({ address }) => {
        try {
          await medias.get(address).deleteWhip({ feedId, sessionId: '' }, { deadlineMs: END_MS });
        } catch (error) {
          // It has left meanwhile.
          if (!isAppError(error, 'FEED_NOT_FOUND')) throw error;
        }
      },
    );
    if (!found && !voided) throw feedNotFound(feedId, 'feedId');
  }
}
