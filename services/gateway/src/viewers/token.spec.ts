import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { TokenSigner, type ViewerClaims } from './token.js';

const signer = new TokenSigner('a-secret-of-the-farm-32-characters');
const NOW = 1_764_000_000_000;
const claims: ViewerClaims = {
  viewer: 'vw_1',
  phone: 'ph_1',
  role: 'watch',
  region: 'eu',
  pinned: true,
  owner: 'acme',
  jti: 'tk_1',
  exp: NOW / 1000 + 60,
};
const key = new TextEncoder().encode('a-secret-of-the-farm-32-characters');

/** A token with the right signature and one thing changed. */
const forged = (over: Record<string, unknown>, audience = 'ancloud-viewer'): Promise<string> =>
  new SignJWT({ ...claims, iss: 'ancloud', ...over })
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience(audience)
    .sign(key);

describe('TokenSigner', () => {
  it('gives back what it signed', async () => {
    expect(await signer.verify(await signer.sign(claims), NOW)).toEqual(claims);
  });

  it('says when a token has expired', async () => {
    const token = await signer.sign(claims);
    await expect(signer.verify(token, NOW + 59_000)).resolves.toEqual(claims);
    await expect(signer.verify(token, NOW + 61_000)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it("accepts what the table's forger makes only when nothing is wrong with it", async () => {
    await expect(signer.verify(await forged({}), NOW)).resolves.toMatchObject({ viewer: 'vw_1' });
  });

  it.each<[string, () => string | Promise<string>]>([
    ['nothing', () => ''],
    ['words', () => 'let me in'],
    ['too much', () => 'x'.repeat(3_000)],
    ['another secret', () => new TokenSigner('another-secret-of-32-characters!!').sign(claims)],
    ['a cut signature', async () => (await signer.sign(claims)).slice(0, -4)],
    ['no signature at all', () => new UnsecuredJWT({ ...claims }).setIssuer('ancloud').encode()],
    [
      'another algorithm',
      async () => new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS512' }).sign(key),
    ],
    ['an unknown role', () => forged({ role: 'god' })],
    ['no phone', () => forged({ phone: undefined })],
    ['a number for a viewer', () => forged({ viewer: 1 })],
    ['no end', () => forged({ exp: undefined })],
    ['another audience', () => forged({}, 'ancloud-admin')],
    ['another issuer', () => forged({ iss: 'elsewhere' })],
  ])('refuses %s', async (_, make) => {
    await expect(signer.verify(await make(), NOW)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });
});
