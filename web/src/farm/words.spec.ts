import { describe, expect, it } from 'vitest';
import type { Phone } from '../api/types.js';
import { only, ordered, without, withPhone } from './phone-list.js';
import {
  bytes,
  cores,
  duration,
  mebibytes,
  phaseWords,
  shortImage,
  toneOf,
  wishes,
  wishNames,
} from './words.js';

it.each([
  [350, '0.35 s'],
  [12_400, '12 s'],
  [180_000, '3 min'],
])('duration %d', (ms, text) => expect(duration(ms)).toBe(text));

it.each([
  [512, '512 MiB'],
  [1_536, '1.5 GiB'],
  [2_048, '2 GiB'],
])('mebibytes %d', (mib, text) => expect(mebibytes(mib)).toBe(text));

it('counts bytes, cores and digits of images', () => {
  expect(bytes(33_554_432)).toBe('32 MiB');
  expect([cores(1_000), cores(2_500)]).toEqual(['1 core', '2.5 cores']);
  expect(shortImage(`sha256:${'a'.repeat(64)}`)).toBe('aaaaaaaaaaaa');
});

describe('phases', () => {
  it('has words and a tone for one it does not know yet', () => {
    expect([phaseWords('melting' as 'unknown'), toneOf('melting' as 'unknown')]).toEqual(['Unknown', 'rest']);
  });

  it.each([
    ['ready', ['stop', 'pause', 'reboot', 'reset', 'delete']],
    ['paused', ['stop', 'resume', 'reboot', 'reset', 'delete']],
    ['stopped', ['start', 'reset', 'delete']],
    ['failed', ['start', 'stop', 'reset', 'delete']],
    ['lost', ['delete']],
    ['deleting', []],
  ] as const)('what can be asked of a phone that is %s', (phase, asked) =>
    expect(wishNames.filter((name) => wishes(phase)[name])).toEqual(asked),
  );
});

describe('the list of phones', () => {
  const phone = (phoneId: string, createdAt: string, name = ''): Phone =>
    ({ phoneId, createdAt, name }) as Partial<Phone> as Phone;
  const a = phone('ph_a', '2026-01-01T00:00:00Z');
  const b = phone('ph_b', '2026-01-02T00:00:00Z');

  it('takes newer ones, new ones, and forgets', () => {
    const renamed = { ...a, name: 'desk' };
    expect(withPhone([a], b)).toEqual([a, b]);
    expect(withPhone([a, b], renamed)).toEqual([renamed, b]);
    expect(without([a, b], 'ph_a')).toEqual([b]);
    expect(only([a, b], ['ph_b', 'ph_c'])).toEqual([b]);
  });

  it('shows the newest first, in a stable order', () => {
    expect(ordered([a, b]).map(({ phoneId }) => phoneId)).toEqual(['ph_b', 'ph_a']);
    expect(ordered([phone('ph_d', ''), phone('ph_c', '')]).map(({ phoneId }) => phoneId)).toEqual([
      'ph_c',
      'ph_d',
    ]);
  });
});
