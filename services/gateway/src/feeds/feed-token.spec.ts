import { expect, it } from 'vitest';
import { TokenSigner } from '../viewers/token.js';
import { FeedSigner } from './feed-token.js';

const SECRET = 'a-secret-of-more-than-32-characters-in-all';
const NOW = Date.UTC(2026, 0, 1);
const claims = { feed: 'fe_1', phone: 'ph_1', owner: 'admin', exp: NOW / 1000 + 60 };
const signer = new FeedSigner(SECRET);

it('gives back what it signed, until its time is over', async () => {
  const token = await signer.sign(claims);
  expect(await signer.verify(token, NOW)).toEqual(claims);
  await expect(signer.verify(token, NOW + 61_000)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
});

it('refuses what another key, another kind of token or another hand made', async () => {
  const token = await signer.sign(claims);
  const viewers = new TokenSigner(SECRET);
  const ofViewer = await viewers.sign({
    viewer: 'vw_1',
    phone: 'ph_1',
    role: 'watch',
    owner: 'admin',
    region: '',
    pinned: false,
    jti: 'tk_1',
    exp: claims.exp,
  });
  for (const wrong of [
    '',
    'x',
    `${token}x`,
    'y'.repeat(3_000),
    ofViewer,
    await new FeedSigner(`${SECRET}!`).sign(claims),
  ])
    await expect(signer.verify(wrong, NOW)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  await expect(viewers.verify(token, NOW)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
});
