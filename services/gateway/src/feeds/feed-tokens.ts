import { plainKeys } from '@ancloud/contracts';
import { keyOf, type State } from '@ancloud/state';
import { beginPublisher, leaveTurn, settlePublisher } from './feed-scripts.js';

/** Longer than an offer takes to be answered: the turn of a gateway that died over one ends then. One that took longer hears of it by `settle`. */
const TURN_MS = 30_000;
/** From one publisher's answer to the next offer by the same token: two that fight for a feed change places once a second at most. */
const PAUSE_MS = 1_000;

const tokenKey = (feed: string): string => keyOf(plainKeys.feedToken.template, { feed });
const turnKey = (feed: string): string => keyOf(plainKeys.feedTurn.template, { feed });
const placeKey = (feed: string): string => keyOf(plainKeys.feedPlace.template, { feed });

/** The newest publisher that came by a feed's token, and the media-svc that it was sent to. Either may be gone. */
export interface FeedPlace {
  readonly session: string;
  readonly address: string;
}

/** `void`: the token was taken back, or is too old. `busy`: another offer by it is being answered, or was just now. */
export type TurnRefused = 'void' | 'busy';

/**
 * Feeds' tokens as Redis has them: one is good for as long as its key stands, for one publisher at a time. Whoever comes takes the feed's turn (`begin`),
 * and gives it up by `settle` or `giveBack`. Errors: UNAVAILABLE_STATE.
 */
export class FeedTokens {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** Makes the feed's token good for `ttlMs`. */
  async put(feed: string, owner: string, ttlMs: number): Promise<void> {
    const ms = Math.max(1, Math.round(ttlMs));
    await this.#state.run('making a feed token', (redis) => redis.set(tokenKey(feed), owner, 'PX', ms));
  }

  /** Takes the turn for a new publisher; `former` is the one before it. `turn`: any name that is nobody else's. */
  async begin(feed: string, turn: string): Promise<TurnRefused | { readonly former: FeedPlace | undefined }> {
    const keys = [tokenKey(feed), turnKey(feed), placeKey(feed)];
    const answer = await this.#state.script(beginPublisher, keys, [turn, TURN_MS]);
    const [said, place = ''] = answer as [TurnRefused | 'begun', string?];
    return said === 'begun' ? { former: placeOf(place) } : said;
  }

  /** The publisher is where it says; nobody else comes by the token for a second. Otherwise it is not to be. */
  async settle(
    feed: string,
    turn: string,
    { session, address }: FeedPlace,
  ): Promise<TurnRefused | 'settled'> {
    const keys = [tokenKey(feed), turnKey(feed), placeKey(feed)];
    const answer = await this.#state.script(settlePublisher, keys, [turn, `${session}@${address}`, PAUSE_MS]);
    return answer as TurnRefused | 'settled';
  }

  /** It did not come after all: the next may at once. */
  async giveBack(feed: string, turn: string): Promise<void> {
    await this.#state.script(leaveTurn, [turnKey(feed)], [turn]);
  }

  /** Makes the token void. @returns whether anybody ever came by it. */
  async end(feed: string): Promise<boolean> {
    // In this order: whoever is being let in finds the token gone when it settles.
    const place = await this.#state.run('ending a feed token', async (redis) => {
      await redis.del(tokenKey(feed));
      return redis.getdel(placeKey(feed));
    });
    return place !== null;
  }

  /** Who made it, while it is good. */
  async ownerOf(feed: string): Promise<string | undefined> {
    return (await this.#state.run('reading a feed token', (redis) => redis.get(tokenKey(feed)))) ?? undefined;
  }
}

function placeOf(text: string): FeedPlace | undefined {
  const at = text.indexOf('@');
  return at < 1 ? undefined : { session: text.slice(0, at), address: text.slice(at + 1) };
}
