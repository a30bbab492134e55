import type { types } from 'mediasoup';
import { expect, it } from 'vitest';
import { announcedCandidates } from './announced-candidates.js';

const candidate = (protocol: 'udp' | 'tcp', localPreference: number): types.IceCandidate => ({
  foundation: `${protocol}candidate`,
  priority: (126 << 24) | (localPreference << 8) | 255,
  address: '192.0.2.1',
  ip: '192.0.2.1',
  protocol,
  port: 7300,
  type: 'host',
});
const bound = [candidate('udp', 11_000), candidate('tcp', 9_900)];

it('one address: as mediasoup tells it', () => {
  expect(announcedCandidates(bound, ['192.0.2.1'])).toEqual(bound);
});

it('an inner transport has no TCP', () => {
  expect(announcedCandidates(bound.slice(0, 1), ['127.0.0.1'])).toHaveLength(1);
});

it('several: each by UDP and TCP, told apart, UDP before TCP, the first address before the second, however many sockets there are', () => {
  const second = [candidate('udp', 10_800), candidate('tcp', 9_700)];
  const told = announcedCandidates([...bound, ...second], ['198.51.100.7', '2001:db8::7', 'media.example']);
  const preferred = told.toSorted((a, b) => b.priority - a.priority);
  expect(preferred.map(({ protocol, address }) => `${protocol} ${address}`)).toEqual([
    'udp 198.51.100.7',
    'udp 2001:db8::7',
    'udp media.example',
    'tcp 198.51.100.7',
    'tcp 2001:db8::7',
    'tcp media.example',
  ]);
  expect(told.every(({ address, ip }) => address === ip)).toBe(true);
  expect(new Set(told.map(({ foundation }) => foundation)).size).toBe(6);
  expect(new Set(told.map(({ priority }) => priority)).size).toBe(6);
  expect(preferred.map(({ priority }) => (priority >>> 8) & 0xffff)).toEqual([
    11_000, 10_999, 10_998, 9_900, 9_899, 9_898,
  ]);
});
