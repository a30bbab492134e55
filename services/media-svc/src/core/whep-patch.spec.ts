import { describe, expect, it } from 'vitest';
import { readPatch } from './whep-patch.js';

const state = {
  etag: '"xyzzy"',
  ice: { usernameFragment: 'EsAw', password: 'P2uYro0UCOQ4zxjKXaWCBui1' },
};
const fragment = (ufrag: string, pwd: string): string =>
  [
    'a=group:BUNDLE 0 1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1',
    'a=end-of-candidates',
    '',
  ].join('\r\n');
const mine = fragment('EsAw', 'P2uYro0UCOQ4zxjKXaWCBui1');
const others = fragment('ysXw', 'vw5LmwG4y/e6dPP/zAP9Gp5k');
const restart = {
  kind: 'restart',
  ice: { usernameFragment: 'ysXw', password: 'vw5LmwG4y/e6dPP/zAP9Gp5k' },
};

describe('readPatch', () => {
  it.each<[string, string, string, object]>([
    ['candidates of this ICE session', '"xyzzy"', mine, { kind: 'candidates' }],
    ['one of several tags', '"abc", "xyzzy"', mine, { kind: 'candidates' }],
    ['a restart', '*', others, restart],
    ['a restart as the draft’s example writes it', '"*"', others, restart],
    ['a restart of a player that knows the tag', '"xyzzy"', others, restart],
    [
      'candidates of two sections',
      '*',
      `${mine}${mine.slice(mine.indexOf('m=')).replace('audio', 'video').replace('mid:0', 'mid:1')}`,
      { kind: 'candidates' },
    ],
    ['credentials at session level', '"xyzzy"', mine.replace(/m=.*?\r\n/, ''), { kind: 'candidates' }],
  ])('takes %s', (_, ifMatch, text, wanted) => {
    expect(readPatch(state, ifMatch, text)).toEqual(wanted);
  });

  it.each<[string, string, string, string]>([
    ['an old tag', '"abc"', mine, 'ETAG_MISMATCH'],
    ['a weak tag', 'W/"xyzzy"', mine, 'ETAG_MISMATCH'],
    ['a restart after another', '"abc"', others, 'ETAG_MISMATCH'],
    ['nothing', '*', '', 'SDP_INVALID'],
    ['no credentials', '*', 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n', 'SDP_INVALID'],
    ['too much', '*', mine + 'a=x\r\n'.repeat(20_000), 'MESSAGE_TOO_LARGE'],
  ])('refuses %s', (_, ifMatch, text, code) => {
    expect(() => readPatch(state, ifMatch, text)).toThrow(expect.objectContaining({ code }));
  });
});
