import { describe, expect, it } from 'vitest';
import { etagOf, writeAnswer, writeFragment, type AnswerTransport } from './whep-answer.js';
import { readOffer } from './whep-offer.js';
import { BARE, CHROMIUM, FIREFOX } from './whep-offer.fixture.js';
import { readWhipOffer } from './whip-offer.js';

const transport: AnswerTransport = {
  iceParameters: {
    usernameFragment: '526be20a538ee422',
    password: '2e13dde17c1cb009202f627fab90cbec',
    iceLite: true,
  },
  iceCandidates: [
    {
      foundation: 'udpcandidate',
      priority: 1_076_302_079,
      ip: '198.51.100.1',
      address: '198.51.100.1',
      protocol: 'udp',
      port: 7300,
      type: 'host',
    },
    {
      foundation: 'tcpcandidate',
      priority: 1_076_276_479,
      ip: '198.51.100.1',
      address: '198.51.100.1',
      protocol: 'tcp',
      port: 7300,
      type: 'host',
      tcpType: 'passive',
    },
  ],
  dtlsParameters: {
    role: 'auto',
    fingerprints: [
      { algorithm: 'sha-1', value: 'AA:BB' },
      { algorithm: 'sha-256', value: 'F7:EB' },
    ],
  },
};
const video = {
  kind: 'video' as const,
  rtpParameters: {
    codecs: [
      {
        mimeType: 'video/H264' as const,
        payloadType: 109,
        clockRate: 90_000,
        parameters: {},
        rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
      },
    ],
    headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' as const, id: 4 }],
  },
};

describe('writeAnswer', () => {
  it('names in a section the extensions that were offered there, whatever mediasoup would send', () => {
    const mid = { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 3 } as const;
    const time = { uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', id: 4 } as const;
    const sends = (kind: 'audio' | 'video') => ({
      kind,
      rtpParameters: { codecs: [], headerExtensions: [mid, time] },
    });
    const answer = writeAnswer({
      offer: readOffer(FIREFOX),
      transport,
      tracks: [sends('audio'), sends('video')],
      direction: 'sendonly',
      sessionId: '1764000000000',
      streamId: 'vw_1',
    });
    const [, audio = '', picture = ''] = answer.split('\r\nm=');
    const named = (section: string): string[] => section.match(/(?<=a=extmap:\d+ ).*/g) ?? [];
    expect(named(audio)).toEqual([mid.uri]);
    expect(named(picture)).toEqual([mid.uri, time.uri]);
  });

  it('answers section by section, and refuses what was not taken', () => {
    const data = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\na=sctp-port:5000\r\n';
    const offer = readOffer(CHROMIUM + data);
    expect(
      writeAnswer({
        offer,
        transport,
        tracks: [video],
        direction: 'sendonly',
        sessionId: '1764000000000',
        streamId: 'vw_1',
      }).split('\r\n'),
    ).toEqual([
      'v=0',
      'o=ancloud 1764000000000 1 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      'a=extmap-allow-mixed',
      'a=ice-lite',
      'a=ice-options:trickle ice2',
      'a=msid-semantic: WMS vw_1',
      'a=group:BUNDLE 0 1',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'c=IN IP4 0.0.0.0',
      'a=rtpmap:111 opus/48000/2',
      'a=fmtp:111 minptime=10;useinbandfec=1',
      'a=setup:passive',
      'a=mid:0',
      'a=msid:vw_1 audio',
      'a=sendonly',
      'a=ice-ufrag:526be20a538ee422',
      'a=ice-pwd:2e13dde17c1cb009202f627fab90cbec',
      'a=fingerprint:sha-256 F7:EB',
      'a=candidate:udpcandidate 1 udp 1076302079 198.51.100.1 7300 typ host',
      'a=candidate:tcpcandidate 1 tcp 1076276479 198.51.100.1 7300 typ host tcptype passive',
      'a=end-of-candidates',
      'a=rtcp-mux',
      'a=rtcp-rsize',
      'a=rtcp-mux-only',
      'm=video 9 UDP/TLS/RTP/SAVPF 109',
      'c=IN IP4 0.0.0.0',
      'a=rtpmap:109 H264/90000',
      'a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
      'a=rtcp-fb:109 nack',
      'a=rtcp-fb:109 nack pli',
      'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
      'a=setup:passive',
      'a=mid:1',
      'a=msid:vw_1 video',
      'a=sendonly',
      'a=ice-ufrag:526be20a538ee422',
      'a=ice-pwd:2e13dde17c1cb009202f627fab90cbec',
      'a=fingerprint:sha-256 F7:EB',
      'a=candidate:udpcandidate 1 udp 1076302079 198.51.100.1 7300 typ host',
      'a=candidate:tcpcandidate 1 tcp 1076276479 198.51.100.1 7300 typ host tcptype passive',
      'a=end-of-candidates',
      'a=rtcp-mux',
      'a=rtcp-rsize',
      'a=rtcp-mux-only',
      'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
      'c=IN IP4 0.0.0.0',
      'a=mid:2',
      'a=inactive',
      '',
    ]);
  });

  it.each<[string, string, (string | undefined)[]]>([
    // As the offer says it: of the session, of each section, or not at all (RFC 8285 §6).
    ['Chromium', CHROMIUM, ['session']],
    ['Firefox', FIREFOX, ['audio', 'video']],
    ['a player that does not know them', BARE, []],
  ])('mixes extensions of one and two bytes where that was offered: %s', (_, offer, where) => {
    const answer = writeAnswer({
      offer: readOffer(offer),
      transport,
      tracks: [video],
      direction: 'sendonly',
      sessionId: '1',
      streamId: 'vw_1',
    });
    const parts = answer.split('\r\nm=');
    const mixing = parts.filter((part) => part.includes('a=extmap-allow-mixed'));
    expect(mixing.map((part) => (part === parts[0] ? 'session' : part.split(' ')[0]))).toEqual(where);
  });

  it('is the client of DTLS for a player that would not be', () => {
    const answer = writeAnswer({
      offer: readOffer(BARE),
      transport,
      tracks: [],
      direction: 'sendonly',
      sessionId: '1',
      streamId: 'vw_1',
    });
    expect(answer).toContain('a=setup:active\r\n');
    expect(answer).toContain('a=group:BUNDLE video0\r\n');
    // Not offered.
    expect(answer).not.toContain('rtcp-rsize');
  });

  it('receives from a publisher, and names no stream of its own', () => {
    const answer = writeAnswer({
      offer: readWhipOffer(CHROMIUM.replaceAll('a=recvonly', 'a=sendonly')),
      transport,
      tracks: [video],
      direction: 'recvonly',
      sessionId: '1',
      streamId: 'fe_1',
    });
    expect(answer.match(/^a=recvonly\r$/gm)).toHaveLength(2);
    expect(answer).not.toMatch(/msid|fe_1|sendonly/);
  });
});

it('writeFragment tells the new ICE session', () => {
  expect(writeFragment({ bundle: ['0', '1'], mid: '0', media: 'audio', transport }).split('\r\n')).toEqual([
    'a=ice-lite',
    'a=ice-options:trickle ice2',
    'a=group:BUNDLE 0 1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'a=mid:0',
    'a=ice-ufrag:526be20a538ee422',
    'a=ice-pwd:2e13dde17c1cb009202f627fab90cbec',
    'a=candidate:udpcandidate 1 udp 1076302079 198.51.100.1 7300 typ host',
    'a=candidate:tcpcandidate 1 tcp 1076276479 198.51.100.1 7300 typ host tcptype passive',
    'a=end-of-candidates',
    '',
  ]);
});

it('etagOf is a strong entity tag', () => {
  expect(etagOf(transport.iceParameters)).toBe('"526be20a538ee422"');
});
