import { expect, it } from 'vitest';
import { readIceUrl } from './ice-url.js';

it.each<[string, unknown]>([
  ['stun:stun.example.net', { scheme: 'stun', host: 'stun.example.net', port: 3478, way: 'udp' }],
  ['turn:192.0.2.1:80?transport=tcp', { scheme: 'turn', host: '192.0.2.1', port: 80, way: 'tcp' }],
  [
    'turn:turn.example.net?transport=udp',
    { scheme: 'turn', host: 'turn.example.net', port: 3478, way: 'udp' },
  ],
  ['turns:[2001:db8::1]', { scheme: 'turn', host: '2001:db8::1', port: 5349, way: 'tls' }],
  [
    'turns:turn.example.net:443?transport=tcp',
    { scheme: 'turn', host: 'turn.example.net', port: 443, way: 'tls' },
  ],
])('reads %s', (url, server) => {
  expect(readIceUrl(url)).toEqual(server);
});

it.each([
  '',
  'turn:',
  'http://turn.example.net',
  'turn://turn.example.net',
  'turn:host:0',
  'turn:host:65536',
  'turn:host?transport=sctp',
  'turns:host?transport=udp',
  'turn:2001:db8::1',
])('refuses %s', (url) => {
  expect(readIceUrl(url)).toBeUndefined();
});
