import { SignedTokens } from '../auth/signed-token.js';

/** What a feed's token says. Signed, not encrypted: nothing in it is secret but the signature. */
export type FeedClaims = {
  readonly feed: string;
  readonly phone: string;
  readonly owner: string;
  /** Unix seconds. */
  readonly exp: number;
};

/** Tokens of feeds. */
export class FeedSigner extends SignedTokens<FeedClaims> {
  constructor(secret: string) {
    super(
      {
        audience: 'ancloud-feed',
        of: 'feed',
        renew: 'ask for a new feed, with ttlSeconds if it shall be good for longer (a day at most)',
        required: ['exp', 'feed', 'phone', 'owner'],
        read: ({ feed, phone, owner, exp }) =>
          typeof feed === 'string' &&
          typeof phone === 'string' &&
          typeof owner === 'string' &&
          typeof exp === 'number'
            ? { feed, phone, owner, exp }
            : undefined,
      },
      secret,
    );
  }
}
