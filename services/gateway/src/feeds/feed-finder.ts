import type { FeedView, MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import { AppError, type GrpcClient } from '@ancloud/kit';
import {
  askMedias,
  eachAtMedias,
  findAtMedias,
  type MediaAsking,
  type Placed,
} from '../signal/ask-medias.js';

const ASK = { deadlineMs: 3_000, retries: 0 } as const;
const ask = async (
  media: Pick<GrpcClient<typeof MediaServiceClient.service>, 'listFeeds'>,
): Promise<FeedView[]> => (await media.listFeeds({}, ASK)).feeds;

/** Feeds live in the media-svcs where they arrive, and nowhere else: whoever wants one asks all of them. */
export class FeedFinder {
  readonly #parts: MediaAsking;

  constructor(parts: MediaAsking) {
    this.#parts = parts;
  }

  /** Errors: UNAVAILABLE when a media-svc of the farm does not answer. */
  all(): Promise<Placed<FeedView>[]> {
    return askMedias(this.#parts, ask);
  }

  /**
   * @param session its publisher's; empty = whichever it has. Errors: FEED_NOT_FOUND; UNAVAILABLE when a media-svc of the farm does not answer
   * and no other one has it.
   */
  async find(feed: string, session = ''): Promise<Placed<FeedView>> {
    const found = await findAtMedias(
      this.#parts,
      ask,
      ({ feedId, sessionId }) => feedId === feed && (session === '' || sessionId === session),
    );
    if (found !== undefined) return found;
    throw feedNotFound(feed);
  }

  /**
   * Acts wherever it is: a publisher that could not be displaced may stand beside the one that has its place. Returns whether it was anywhere.
   * Errors: as `find`, but for FEED_NOT_FOUND, and what `act` says.
   */
  each(
    is: (feed: FeedView) => boolean,
    act: (placed: Placed<FeedView>) => Promise<unknown>,
  ): Promise<boolean> {
    return eachAtMedias(this.#parts, ask, is, act);
  }
}

/** @param field as the caller spelled it. */
export function feedNotFound(feed: string, field: 'feed' | 'feedId' = 'feed'): AppError {
  return new AppError('FEED_NOT_FOUND', `there is no feed '${feed}'`, {
    field,
    value: feed,
    fix: 'it has ended, its publisher has not come yet, or a newer one has its place; list those there are: GET /v1/feeds, or ./ancloud feed ls',
  });
}
