import { isRoleWord, type viewer } from '@ancloud/contracts';
import { AppError } from '@ancloud/kit';
import { errors, jwtVerify, SignJWT } from 'jose';

/** What a viewer's token says. Signed, not encrypted: nothing in it is secret but the signature. */
export interface ViewerClaims {
  readonly viewer: string;
  readonly phone: string;
  readonly role: viewer.RoleWord;
  readonly owner: string;
  /** Id of this token; its single use is consumed in Redis. */
  readonly jti: string;
  /** Unix seconds. */
  readonly exp: number;
}

const ISSUER = 'ancloud';
const AUDIENCE = 'ancloud-viewer';
const ALGORITHM = 'HS256';
const TOKEN_MAX_LENGTH = 2_048;

/** Signs and checks viewer tokens (JWT, RFC 7519; HS256 with the farm's token secret). Knows nothing of single use. */
export class TokenSigner {
  readonly #key: Uint8Array;

  constructor(secret: string) {
    this.#key = new TextEncoder().encode(secret);
  }

  async sign(claims: ViewerClaims): Promise<string> {
    const { viewer, phone, role, owner, jti, exp } = claims;
    return new SignJWT({ viewer, phone, role, owner })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setJti(jti)
      .setExpirationTime(exp)
      .sign(this.#key);
  }

  /** Errors: TOKEN_EXPIRED; TOKEN_INVALID for everything else, without details that would help a forger. */
  async verify(token: string, nowMs: number): Promise<ViewerClaims> {
    if (token.length > TOKEN_MAX_LENGTH) throw invalidToken();
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        // Pinned: a token must not choose its own algorithm (RFC 8725 section 3.1).
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['exp', 'jti', 'viewer', 'phone', 'role', 'owner'],
        currentDate: new Date(nowMs),
      });
      const { viewer, phone, role, owner, jti, exp } = payload;
      if (
        typeof viewer === 'string' &&
        typeof phone === 'string' &&
        typeof owner === 'string' &&
        typeof jti === 'string' &&
        typeof exp === 'number' &&
        isRoleWord(role)
      )
        return { viewer, phone, role, owner, jti, exp };
    } catch (cause) {
      if (cause instanceof errors.JWTExpired)
        throw new AppError('TOKEN_EXPIRED', "the viewer's token has expired", {
          field: 'token',
          fix: 'ask for a new viewer and join at once',
          cause,
        });
      throw invalidToken(cause);
    }
    throw invalidToken();
  }
}

function invalidToken(cause?: unknown): AppError {
  return new AppError('TOKEN_INVALID', "the viewer's token is not valid", {
    field: 'token',
    fix: "send the token of 'create viewer' as it is",
    ...(cause === undefined ? {} : { cause }),
  });
}
