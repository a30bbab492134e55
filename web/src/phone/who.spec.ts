import { expect, it } from 'vitest';
import type { PhoneViewer } from '../api/types.js';
import { severalMedia, stillWords, thereOf } from './who.js';

it.each([
  [true, true, ''],
  [true, false, 'sees'],
  [false, true, 'touches'],
  [false, false, 'touches and sees'],
])(
  'of a viewer that was put out, controls ended %s, picture ended %s: %s',
  (controlEnded, pictureEnded, words) => {
    expect(stillWords({ controlEnded, pictureEnded })).toBe(words);
  },
);

it('the viewer itself is listed first, then all the others who are or were there, in their order', () => {
  const viewer = (viewerId: string, connected: boolean, invitedUntil: string | null = null): PhoneViewer =>
    ({ viewerId, connected, invitedUntil }) as PhoneViewer;
  const all = [
    viewer('vw_a', true),
    viewer('vw_away', false),
    viewer('vw_invited', false, '2026-12-01T00:00:00.000Z'),
    viewer('vw_me', true),
    viewer('vw_b', true),
  ];
  const ids = (me: string): string[] => thereOf(all, me).map(({ viewerId }) => viewerId);
  expect(ids('vw_me')).toEqual(['vw_me', 'vw_a', 'vw_away', 'vw_b']);
  expect(ids('')).toEqual(['vw_a', 'vw_away', 'vw_me', 'vw_b']);
});

it.each([
  [[], [], false],
  [[], ['media-1', '', 'media-1'], false],
  [['media-1'], ['media-1', ''], false],
  [['media-1', 'media-2'], ['media-1'], true],
  [[], ['media-1', 'media-2'], true],
])('with %j listed and viewers at %j there are several media services: %s', (listed, served, several) => {
  const named = (ids: readonly string[]) => ids.map((mediaId) => ({ mediaId }));
  expect(severalMedia(named(listed), named(served))).toBe(several);
});
