import { expect, it } from 'vitest';
import type { Experience, PhoneViewer } from '../api/types.js';
import { wayWords } from './way.js';

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
