import { expect, it } from 'vitest';
import type { Experience, PhoneViewer } from '../api/types.js';
import { linkWords, wayWords } from './way.js';

it.each([
  ['', '', undefined, ''],
  ['none', '', undefined, ''],
  ['new', '', undefined, 'no way to the picture yet'],
  ['connected', 'udp', undefined, 'by UDP'],
  ['completed', 'tcp', false, 'by TCP'],
  ['completed', 'udp', true, 'by UDP through a relay'],
  ['disconnected', 'udp', true, 'its way to the picture broke'],
] as const)('of ICE state %o by %o, relayed %o, it says %o', (iceState, transport, relayed, words) => {
  const experience = relayed === undefined ? null : ({ relayed } as Experience);
  const viewer: Pick<PhoneViewer, 'iceState' | 'transport' | 'experience'> = {
    iceState,
    transport,
    experience,
  };
  expect(wayWords(viewer)).toBe(words);
});

it.each([
  [0, ''],
  [5_400_000, ''],
  [6_000_000, ''],
  [5_390_000, 'a link of at least 5.4 Mb/s'],
  [590_400, 'a link of at least 0.6 Mb/s'],
  [8_130_000, 'a link of at least 8.1 Mb/s'],
])('of a link that is estimated at %d bits a second it says %o', (availableBps, words) => {
  expect(linkWords({ availableBps })).toBe(words);
});
