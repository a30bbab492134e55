import { isRoleWord, type viewer } from '@ancloud/contracts';
import { SignedTokens } from '../auth/signed-token.js';

/** What a viewer's token says. Signed, not encrypted: nothing in it is secret but the signature. */
export type ViewerClaims = {
  readonly viewer: string;
  readonly phone: string;
  readonly role: viewer.RoleWord;
  readonly owner: string;
  /** Where it wants to be served; empty = anywhere. */
  readonly region: string;
  /** To the low layer. */
  readonly pinned: boolean;
  /** Id of this token; its single use is consumed in Redis. */
  readonly jti: string;
  /** Unix seconds. */
  readonly exp: number;
};

/** Tokens of viewers. */
export class TokenSigner extends SignedTokens<ViewerClaims> {
  constructor(secret: string) {
    super(
      {
        audience: 'ancloud-viewer',
        of: 'viewer',
        renew: 'ask for a new viewer and join at once',
        required: ['exp', 'jti', 'viewer', 'phone', 'role', 'owner'],
        // A token of before regions, or layers, has none.
        read: ({ viewer, phone, role, owner, region = '', pinned = false, jti, exp }) =>
          typeof viewer === 'string' &&
          typeof phone === 'string' &&
          typeof owner === 'string' &&
          typeof region === 'string' &&
          typeof pinned === 'boolean' &&
          typeof jti === 'string' &&
          typeof exp === 'number' &&
          isRoleWord(role)
            ? { viewer, phone, role, owner, region, pinned, jti, exp }
            : undefined,
      },
      secret,
    );
  }
}
