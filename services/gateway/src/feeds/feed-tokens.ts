import { plainKeys } from '@ancloud/contracts';
import { keyOf, type State } from '@ancloud/state';

const key = (feed: string): string => keyOf(plainKeys.feedToken.template, { feed });

/** Single use of feeds' tokens: a feed's key stands in Redis, with its owner, until somebody publishes by it. Errors: UNAVAILABLE_STATE. */
export class FeedTokens {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** Makes the feed's token usable once within `ttlMs`, also again after a try that failed. */
  async put(feed: string, owner: string, ttlMs: number): Promise<void> {
    const ms = Math.max(1, Math.round(ttlMs));
    await this.#state.run('making a feed token', (redis) => redis.set(key(feed), owner, 'PX', ms));
  }

  /** Uses it up; undefined = it was used before, ended, or is too old. */
  async take(feed: string): Promise<string | undefined> {
    return (await this.#state.run('using a feed token', (redis) => redis.getdel(key(feed)))) ?? undefined;
  }

  /** Who made it, while it waits. */
  async ownerOf(feed: string): Promise<string | undefined> {
    return (await this.#state.run('reading a feed token', (redis) => redis.get(key(feed)))) ?? undefined;
  }
}
