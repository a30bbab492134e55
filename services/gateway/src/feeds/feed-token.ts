import { AppError } from '@ancloud/kit';
import { errors, jwtVerify, SignJWT } from 'jose';

/** What a feed's token says. Signed, not encrypted: nothing in it is secret but the signature. */
export interface FeedClaims {
  readonly feed: string;
  readonly phone: string;
  readonly owner: string;
  /** Unix seconds. */
  readonly exp: number;
}

const ISSUER = 'ancloud';
/** No viewer's: neither token opens the other's door. */
const AUDIENCE = 'ancloud-feed';
const ALGORITHM = 'HS256';
const TOKEN_MAX_LENGTH = 2_048;

/** Signs and checks tokens of feeds (JWT, RFC 7519), as TokenSigner does those of viewers. Knows nothing of single use. */
export class FeedSigner {
  readonly #key: Uint8Array;

  constructor(secret: string) {
    this.#key = new TextEncoder().encode(secret);
  }

  sign({ feed, phone, owner, exp }: FeedClaims): Promise<string> {
    return new SignJWT({ feed, phone, owner })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setExpirationTime(exp)
      .sign(this.#key);
  }

  /** Errors: TOKEN_EXPIRED; TOKEN_INVALID for everything else, without details that would help a forger. */
  async verify(token: string, nowMs: number): Promise<FeedClaims> {
    const invalid = (cause?: unknown): AppError =>
      new AppError('TOKEN_INVALID', "the feed's token is not valid", {
        field: 'token',
        fix: "send the token of 'create feed' as it is",
        ...(cause === undefined ? {} : { cause }),
      });
    if (token.length > TOKEN_MAX_LENGTH) throw invalid();
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        // Pinned: a token must not choose its own algorithm (RFC 8725 section 3.1).
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['exp', 'feed', 'phone', 'owner'],
        currentDate: new Date(nowMs),
      });
      const { feed, phone, owner, exp } = payload;
      if (
        typeof feed === 'string' &&
        typeof phone === 'string' &&
        typeof owner === 'string' &&
        typeof exp === 'number'
      )
        return { feed, phone, owner, exp };
    } catch (cause) {
      if (cause instanceof errors.JWTExpired)
        throw new AppError('TOKEN_EXPIRED', "the feed's token has expired", {
          field: 'token',
          fix: 'ask for a new feed and POST the offer at once',
          cause,
        });
      throw invalid(cause);
    }
    throw invalid();
  }
}
