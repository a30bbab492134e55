import { describe, expect, it } from 'vitest';
import { type PushTrack, readPushAnswer, writePushOffer } from './push-sdp.js';
import { readWhipOffer } from './whip-offer.js';

const FINGERPRINT = Array.from({ length: 32 }, (_, at) => at.toString(16).padStart(2, '0'))
  .join(':')
  .toUpperCase();
const tracks: readonly PushTrack[] = [
  {
    kind: 'audio',
    mid: '0',
    rtpParameters: {
      mid: '0',
      codecs: [
        {
          mimeType: 'audio/opus',
          payloadType: 111,
          clockRate: 48_000,
          channels: 2,
          parameters: { 'sprop-stereo': 1 },
          rtcpFeedback: [],
        },
      ],
      headerExtensions: [{ id: 1, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' }],
      encodings: [{ ssrc: 1_111 }],
      rtcp: { cname: 'phone' },
    },
  },
  {
    kind: 'video',
    mid: '1',
    rtpParameters: {
      mid: '1',
      codecs: [
        {
          mimeType: 'video/H264',
          payloadType: 102,
          clockRate: 90_000,
          parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f' },
          rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
        },
      ],
      headerExtensions: [{ id: 1, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' }],
      encodings: [{ ssrc: 2_222 }],
      rtcp: { cname: 'phone' },
    },
  },
];
const offer = writePushOffer({
  tracks,
  ice: { usernameFragment: 'ourU', password: 'ourPasswordOf22Letters' },
  fingerprints: [{ algorithm: 'sha-256', value: FINGERPRINT }],
  sessionId: '42',
  streamId: 'pu_1',
});

const SECURITY = `a=ice-ufrag:theirs\na=ice-pwd:theirPasswordOf24Letters\na=fingerprint:sha-256 ${FINGERPRINT}\na=setup:passive`;
const ANSWER = `v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=ice-lite
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
${SECURITY}
a=recvonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=candidate:1 1 udp 100 203.0.113.9 7000 typ host
a=candidate:2 1 tcp 300 203.0.113.9 7000 typ host tcptype passive
a=candidate:3 1 UDP 200 2001:db8::1 7001 typ srflx raddr 10.0.0.1 rport 1
a=candidate:4 2 udp 400 203.0.113.9 7002 typ host
m=video 9 UDP/TLS/RTP/SAVPF 102
c=IN IP4 0.0.0.0
a=mid:1
${SECURITY}
a=recvonly
a=rtcp-mux
a=rtpmap:102 H264/90000
a=candidate:1 1 udp 100 203.0.113.9 7000 typ host
`.replaceAll('\n', '\r\n');

describe('writePushOffer', () => {
  it('is an offer that our own WHIP takes', () => {
    expect(readWhipOffer(offer)).toMatchObject({
      ice: { usernameFragment: 'ourU', password: 'ourPasswordOf22Letters' },
      dtls: { fingerprints: [{ algorithm: 'sha-256', value: FINGERPRINT }] },
      sections: [
        { mid: '0', media: 'audio', codec: { payloadType: 111 }, ssrc: 1_111 },
        { mid: '1', media: 'video', codec: { payloadType: 102 }, ssrc: 2_222 },
      ],
    });
  });

  it('offers both roles of DTLS, sends only, and names no address', () => {
    expect(offer.match(/^a=setup:actpass\r$/gm)).toHaveLength(2);
    expect(offer.match(/^a=sendonly\r$/gm)).toHaveLength(2);
    expect(offer).toMatch(/^a=group:BUNDLE 0 1\r$/m);
    expect(offer).toMatch(/^a=rtcp-fb:102 nack pli\r$/m);
    expect(offer).not.toMatch(/candidate|ice-lite/);
  });
});

describe('readPushAnswer', () => {
  it('reads who answers, and where: UDP, the best first', () => {
    expect(readPushAnswer(ANSWER, tracks)).toEqual({
      ice: { usernameFragment: 'theirs', password: 'theirPasswordOf24Letters' },
      dtls: { role: 'server', fingerprints: [{ algorithm: 'sha-256', value: FINGERPRINT }] },
      candidates: [
        { address: '2001:db8::1', port: 7_001 },
        { address: '203.0.113.9', port: 7_000 },
      ],
      refused: new Set(),
    });
  });

  it('goes on without sound that is not wanted', () => {
    const answer = ANSWER.replace('m=audio 9', 'm=audio 0');
    expect(readPushAnswer(answer, tracks).refused).toEqual(new Set(['0']));
  });

  it.each([
    ['no SDP', 'hello', 'SDP_INVALID'],
    ['a section too few', ANSWER.slice(0, ANSWER.indexOf('m=video')), 'SDP_INVALID'],
    ['another mid', ANSWER.replace('a=mid:1', 'a=mid:2'), 'SDP_INVALID'],
    ['another payload type', ANSWER.replace('SAVPF 102', 'SAVPF 96'), 'SDP_INVALID'],
    ['no picture', ANSWER.replace('m=video 9', 'm=video 0'), 'CODEC_UNSUPPORTED'],
    ['no ICE', ANSWER.replaceAll(/a=ice-ufrag.*\r\n/g, ''), 'SDP_INVALID'],
    ['no fingerprint', ANSWER.replaceAll(/a=fingerprint.*\r\n/g, ''), 'SDP_INVALID'],
    ['no role', ANSWER.replaceAll('setup:passive', 'setup:actpass'), 'SDP_INVALID'],
  ])('refuses %s', (_, answer, code) => {
    expect(() => readPushAnswer(answer, tracks)).toThrow(expect.objectContaining({ code }));
  });
});
