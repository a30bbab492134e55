import { webcrypto } from 'node:crypto';
import { AppError } from '@ancloud/kit';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';

const ISSUER = 'ancloud';
const ALGORITHM = 'HS256';
const TOKEN_MAX_LENGTH = 2_048;

/** One kind of token. Kinds have audiences of their own: none opens another's door, though one secret signs all. */
export interface TokenKind<Claims extends JWTPayload> {
  readonly audience: string;
  /** Whose it is, for errors: `viewer`. */
  readonly of: string;
  /** What to do about one that has expired. */
  readonly renew: string;
  readonly required: readonly (keyof Claims & string)[];
  /** Undefined when a claim is not what it must be. */
  readonly read: (payload: JWTPayload) => Claims | undefined;
}

/** Signs and checks tokens of one kind (JWT, RFC 7519; HS256 with the farm's token secret). Knows nothing of single use. */
export class SignedTokens<Claims extends JWTPayload & { readonly exp: number }> {
  readonly #kind: TokenKind<Claims>;
  /** Imported once: from bytes jose would import it for each token, in a thread of libuv's. */
  readonly #key: Promise<webcrypto.CryptoKey>;

  constructor(kind: TokenKind<Claims>, secret: string) {
    this.#kind = kind;
    this.#key = webcrypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(secret),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign', 'verify'],
    );
  }

  async sign(claims: Claims): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(this.#kind.audience)
      .sign(await this.#key);
  }

  /** Errors: TOKEN_EXPIRED; TOKEN_INVALID for everything else, without details that would help a forger. */
  async verify(token: string, nowMs: number): Promise<Claims> {
    const { audience, of, renew, required, read } = this.#kind;
    if (token.length > TOKEN_MAX_LENGTH) throw this.#invalid();
    let claims: Claims | undefined;
    try {
      const { payload } = await jwtVerify(token, await this.#key, {
        // Pinned: a token must not choose its own algorithm (RFC 8725 section 3.1).
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience,
        requiredClaims: [...required],
        currentDate: new Date(nowMs),
      });
      claims = read(payload);
    } catch (cause) {
      if (cause instanceof errors.JWTExpired)
        throw new AppError('TOKEN_EXPIRED', `the ${of}'s token has expired`, {
          field: 'token',
          fix: renew,
          cause,
        });
      throw this.#invalid(cause);
    }
    if (claims === undefined) throw this.#invalid();
    return claims;
  }

  #invalid(cause?: unknown): AppError {
    const { of } = this.#kind;
    return new AppError('TOKEN_INVALID', `the ${of}'s token is not valid`, {
      field: 'token',
      fix: `send the token of 'create ${of}' as it is`,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
