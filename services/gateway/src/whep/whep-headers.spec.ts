import { describe, expect, it } from 'vitest';
import { bearer, bodyOf, iceServerLinks, ifMatchOf, SDP } from './whep-headers.js';

describe('bearer', () => {
  it.each(['Bearer abc.def-_~+/==', 'bearer  abc'])('reads %s', (header) => {
    expect(bearer(header)).toMatch(/^abc/);
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b', 'Bearer a,b', 'Bearer "abc"'])(
    'refuses %s',
    (header) => {
      expect(() => bearer(header)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
    },
  );
});

describe('bodyOf', () => {
  it.each(['application/sdp', 'Application/SDP; charset=utf-8'])('takes %s', (type) => {
    expect(bodyOf(SDP, type, 'v=0')).toBe('v=0');
  });

  it.each<[string | undefined, unknown]>([
    [undefined, undefined],
    ['application/json', { sdp: 'v=0' }],
    ['application/json', 'v=0'],
    ['text/plain', 'v=0'],
    ['application/sdpx', 'v=0'],
  ])('refuses %s', (type, body) => {
    expect(() => bodyOf(SDP, type, body)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_MEDIA' }));
  });
});

it('ifMatchOf wants one', () => {
  expect(ifMatchOf('"a"')).toBe('"a"');
  for (const none of [undefined, '', ' '])
    expect(() => ifMatchOf(none)).toThrow(expect.objectContaining({ code: 'ETAG_MISSING' }));
});

it('iceServerLinks writes one link for each URL, and quotes secrets', () => {
  expect(iceServerLinks([])).toBeUndefined();
  expect(
    iceServerLinks([
      { urls: ['stun:stun.example.net'] },
      {
        urls: ['turn:turn.example.net?transport=udp', 'turns:turn.example.net'],
        username: '17:vw',
        credential: 'a"b\\',
      },
    ]),
  ).toBe(
    '<stun:stun.example.net>; rel="ice-server", ' +
      '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="17:vw"; credential="a\\"b\\\\"; credential-type="password", ' +
      '<turns:turn.example.net>; rel="ice-server"; username="17:vw"; credential="a\\"b\\\\"; credential-type="password"',
  );
});
