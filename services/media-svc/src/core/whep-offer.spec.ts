import * as fc from 'fast-check';
import { isAppError } from '@ancloud/kit/errors';
import { describe, expect, it } from 'vitest';
import { capabilitiesOf, readOffer, shapeOf } from './whep-offer.js';
import { BARE, CHROMIUM, PUBLISHER } from './whep-offer.fixture.js';
import { producersOf, readWhipOffer } from './whip-offer.js';

describe('readOffer', () => {
  it("takes Chromium's H.264 with fragments and its Opus", () => {
    const offer = readOffer(CHROMIUM);
    expect(offer.sections).toEqual([
      {
        mid: '0',
        media: 'audio',
        protocol: 'UDP/TLS/RTP/SAVPF',
        payloads: '111 63 9 0 8',
        codec: {
          payloadType: 111,
          config: 'minptime=10;useinbandfec=1',
          feedback: [{ type: 'transport-cc', parameter: '' }],
        },
        extensions: [
          { id: 1, uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level' },
          { id: 2, uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time' },
          { id: 4, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' },
        ],
        mixed: false,
        reducedSize: true,
      },
      expect.objectContaining({
        mid: '1',
        media: 'video',
        codec: {
          payloadType: 109,
          config: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
          feedback: [
            { type: 'goog-remb', parameter: '' },
            { type: 'transport-cc', parameter: '' },
            { type: 'ccm', parameter: 'fir' },
            { type: 'nack', parameter: '' },
            { type: 'nack', parameter: 'pli' },
          ],
        },
      }),
    ]);
    expect(offer.ice).toEqual({ usernameFragment: 'zjkk', password: 'bP+XJMM09aR8AiX1jdukzR6Y' });
    expect(offer.dtls).toMatchObject({ role: 'client', fingerprints: [{ algorithm: 'sha-256' }] });
    expect(shapeOf(offer).key).toBe('audio:111 video:109');
    expect(capabilitiesOf(offer).codecs?.map(({ preferredPayloadType }) => preferredPayloadType)).toEqual([
      111, 109,
    ]);
  });

  it('takes a picture alone, attributes from the session, one section without a group', () => {
    const offer = readOffer(BARE);
    expect(offer.ice.usernameFragment).toBe('EsAw');
    expect(offer.dtls).toMatchObject({ role: 'server', fingerprints: [{ algorithm: 'sha-1' }] });
    expect(shapeOf(offer)).toMatchObject({
      key: 'video:97',
      codecs: [{ kind: 'video', preferredPayloadType: 97 }],
    });
  });

  it('leaves out what it cannot send, and a second track of a kind', () => {
    const video = CHROMIUM.slice(CHROMIUM.indexOf('m=video'));
    const data = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\na=sctp-port:5000\r\n';
    const text = CHROMIUM + data + video.replace('a=mid:1', 'a=mid:3');
    expect(readOffer(text).sections.map(({ mid, codec }) => [mid, codec?.payloadType])).toEqual([
      ['0', 111],
      ['1', 109],
      ['2', undefined],
      ['3', undefined],
    ]);
    const mute = CHROMIUM.replace('opus/48000/2', 'speex/48000/2');
    expect(shapeOf(readOffer(mute)).key).toBe('video:109');
  });

  it.each<[string, string, string, string]>([
    ['42 with constraint_set1', '42e01f', '42401f', 'video:109'],
    ['4d with constraint_set0', '42e01f', '4de01f', 'video:109'],
    ['58 with both', '42e01f', '58c01f', 'video:109'],
    ['capitals', '42e01f', '42E01F', 'video:109'],
  ])('knows Constrained Baseline by its name: %s', (_, from, to, key) => {
    expect(shapeOf(readOffer(CHROMIUM.replaceAll(from, to))).key).toContain(key);
  });

  /** Chromium's, with one payload type of H.264 that has fragments. */
  const alone = (profile: string): string =>
    CHROMIUM.replaceAll(/a=(?:rtpmap|rtcp-fb|fmtp):103 .*\r\n/g, '').replaceAll('42e01f', profile);
  it.each<[string, string]>([
    ['Baseline', '42001f'],
    ['Main', '4d001f'],
    ['Extended', '58001f'],
    ['High', '64001f'],
    ['Constrained High', '640C1F'],
  ])('takes a decoder of %s, which decodes Constrained Baseline too, by its own name', (_, profile) => {
    const [, picture] = readOffer(alone(profile)).sections;
    expect(picture?.codec).toMatchObject({
      payloadType: 109,
      config: `level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profile}`,
    });
  });

  it('takes a decoder that names no profile for one of Baseline', () => {
    const bare = BARE.replace('; profile-level-id=4DE01F', '');
    expect(readOffer(bare).sections[0]?.codec).toMatchObject({
      payloadType: 97,
      config: 'packetization-mode=1',
    });
  });

  const without = (line: string): string => CHROMIUM.replaceAll(new RegExp(`a=${line}[^\r]*\r\n`, 'g'), '');
  it.each<[string, string, string, string]>([
    ['nothing', '', 'SDP_INVALID', 'v'],
    ['words', 'hello', 'SDP_INVALID', 'v'],
    ['JSON', JSON.stringify({ type: 'offer', sdp: CHROMIUM }), 'SDP_INVALID', 'v'],
    ['no section', CHROMIUM.slice(0, CHROMIUM.indexOf('m=')), 'SDP_INVALID', 'm'],
    ['twenty sections', CHROMIUM + 'm=text 9 X 1\r\na=mid:x\r\n'.repeat(18), 'SDP_INVALID', 'm'],
    ['a mid twice', CHROMIUM.replace('a=mid:1', 'a=mid:0'), 'SDP_INVALID', 'mid'],
    ['no mid', without('mid'), 'SDP_INVALID', 'mid'],
    ['a mid that is no token', CHROMIUM.replace('a=mid:1', 'a=mid:1=2'), 'SDP_INVALID', 'mid'],
    ['no BUNDLE', without('group'), 'SDP_INVALID', 'group'],
    ['a picture outside of BUNDLE', CHROMIUM.replace('BUNDLE 0 1', 'BUNDLE 0'), 'SDP_INVALID', 'group'],
    ['no rtcp-mux', without('rtcp-mux'), 'SDP_INVALID', 'rtcp-mux'],
    ['a sender', CHROMIUM.replaceAll('a=recvonly', 'a=sendonly'), 'SDP_INVALID', 'direction'],
    ['nobody', CHROMIUM.replaceAll('a=recvonly', 'a=inactive'), 'SDP_INVALID', 'direction'],
    ['no ufrag', without('ice-ufrag'), 'SDP_INVALID', 'ice-ufrag'],
    [
      'a password too short',
      CHROMIUM.replaceAll('bP+XJMM09aR8AiX1jdukzR6Y', 'short'),
      'SDP_INVALID',
      'ice-pwd',
    ],
    ['no fingerprint', without('fingerprint'), 'SDP_INVALID', 'fingerprint'],
    ['MD5', CHROMIUM.replaceAll('sha-256', 'md5'), 'SDP_INVALID', 'fingerprint'],
    ['a cut fingerprint', CHROMIUM.replaceAll(':9C:02', ''), 'SDP_INVALID', 'fingerprint'],
    ['holdconn', CHROMIUM.replaceAll('actpass', 'holdconn'), 'SDP_INVALID', 'setup'],
    [
      'one payload type for both',
      CHROMIUM.replaceAll(/(?<=[ :])109(?=[ \r])/g, '111'),
      'SDP_INVALID',
      'rtpmap',
    ],
    [
      'a payload type beyond 127',
      CHROMIUM.replaceAll(/(?<=[ :])109(?=[ \r])/g, '209'),
      'SDP_INVALID',
      'rtpmap',
    ],
    ['VP8 alone', CHROMIUM.replaceAll('H264', 'VP9'), 'CODEC_UNSUPPORTED', 'rtpmap'],
    [
      'no fragments',
      CHROMIUM.replaceAll('packetization-mode=1', 'packetization-mode=0'),
      'CODEC_UNSUPPORTED',
      'rtpmap',
    ],
    ['High 4:4:4 Intra alone', alone('f4101f'), 'CODEC_UNSUPPORTED', 'rtpmap'],
    ['no profile at all', alone('x'), 'CODEC_UNSUPPORTED', 'rtpmap'],
    ['sound alone', CHROMIUM.slice(0, CHROMIUM.indexOf('m=video')), 'CODEC_UNSUPPORTED', 'rtpmap'],
    ['plain RTP', CHROMIUM.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 'CODEC_UNSUPPORTED', 'rtpmap'],
    ['too much', CHROMIUM + 'a=x\r\n'.repeat(20_000), 'MESSAGE_TOO_LARGE', 'body'],
  ])('refuses %s', (_, text, code, field) => {
    expect(() => readOffer(text)).toThrow(expect.objectContaining({ code, field }));
  });

  // FUZZ_RUNS=200000 npx vitest run services/media-svc/src/core/whep-offer.spec.ts for more.
  it('takes any damage: an offer or a refusal of ours, never anything else', () => {
    const act = fc.oneof(
      fc.record({ do: fc.constant('cut' as const), at: fc.nat(), length: fc.nat(200) }),
      fc.record({
        do: fc.constant('put' as const),
        at: fc.nat(),
        text: fc.oneof(
          fc.string(),
          fc.constantFrom(
            '\r\n',
            'a=mid:',
            'm=video 9 UDP/TLS/RTP/SAVPF 96\r\n',
            'a=fmtp:109 ',
            '*',
            '__proto__',
            '99999999999999999999',
          ),
        ),
      }),
      fc.record({ do: fc.constant('swap' as const), at: fc.nat(), to: fc.nat() }),
    );
    const damaged = (
      seed: string,
      acts: readonly (typeof act extends fc.Arbitrary<infer A> ? A : never)[],
    ): string => {
      let lines = seed;
      for (const one of acts) {
        const at = one.at % (lines.length + 1);
        if (one.do === 'cut') lines = lines.slice(0, at) + lines.slice(at + one.length);
        else if (one.do === 'put') lines = lines.slice(0, at) + one.text + lines.slice(at);
        else {
          const rows = lines.split('\r\n');
          const [row = ''] = rows.splice(one.at % rows.length, 1);
          rows.splice(one.to % (rows.length + 1), 0, row);
          lines = rows.join('\r\n');
        }
      }
      return lines;
    };
    fc.assert(
      fc.property(
        fc.constantFrom(CHROMIUM, BARE, PUBLISHER),
        fc.array(act, { minLength: 1, maxLength: 6 }),
        (seed, acts) => {
          const text = damaged(seed, acts);
          for (const read of [
            () => {
              const offer = readOffer(text);
              shapeOf(offer);
              capabilitiesOf(offer);
            },
            () => producersOf(readWhipOffer(text), 'fe_1'),
          ]) {
            try {
              read();
            } catch (error) {
              if (!isAppError(error)) throw error;
            }
          }
        },
      ),
      {
        numRuns: Number(process.env['FUZZ_RUNS'] ?? 500),
        seed: process.env['FUZZ_RUNS'] === undefined ? 1 : Date.now(),
      },
    );
  });
});
