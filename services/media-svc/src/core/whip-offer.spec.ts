import { describe, expect, it } from 'vitest';
import { writeAnswer } from './whep-answer.js';
import { BARE, CHROMIUM, PUBLISHER } from './whep-offer.fixture.js';
import { kindsOf, producersOf, readWhipOffer } from './whip-offer.js';

describe('readWhipOffer', () => {
  it('takes a camera and a microphone of Chromium', () => {
    const offer = readWhipOffer(PUBLISHER);
    expect(kindsOf(offer)).toEqual(['microphone', 'camera']);
    expect(producersOf(offer, 'fe_1')).toEqual([
      {
        kind: 'audio',
        rtpParameters: {
          mid: '0',
          codecs: [
            {
              mimeType: 'audio/opus',
              payloadType: 111,
              clockRate: 48_000,
              channels: 2,
              parameters: {},
              rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
            },
          ],
          headerExtensions: [
            { id: 2, uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time' },
            { id: 4, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' },
          ],
          encodings: [{ ssrc: 2_532_247_946 }],
          rtcp: { cname: 'fe_1', reducedSize: true },
        },
      },
      {
        kind: 'video',
        rtpParameters: expect.objectContaining({
          mid: '1',
          // Of the packets themselves, not of those that repeat them.
          encodings: [{ ssrc: 985_746_688 }],
          codecs: [
            expect.objectContaining({
              mimeType: 'video/H264',
              payloadType: 109,
              parameters: {
                'packetization-mode': 1,
                'profile-level-id': '42e01f',
                'level-asymmetry-allowed': 1,
              },
            }),
          ],
        }),
      },
    ]);
  });

  it('takes either alone', () => {
    const at = PUBLISHER.indexOf('m=video');
    expect(kindsOf(readWhipOffer(PUBLISHER.slice(0, at)))).toEqual(['microphone']);
    const picture = PUBLISHER.slice(at).replaceAll('a=mid:1', 'a=mid:0');
    expect(kindsOf(readWhipOffer(PUBLISHER.slice(0, PUBLISHER.indexOf('m=')) + picture))).toEqual(['camera']);
  });

  it('takes packets by their mid where no ssrc is named', () => {
    const offer = readWhipOffer(PUBLISHER.replaceAll(/a=ssrc.*\r\n/g, ''));
    expect(producersOf(offer, 'c').map(({ rtpParameters }) => rtpParameters.encodings)).toEqual([[{}], [{}]]);
  });

  it('takes one encoding of a picture that is offered in three, by its mid', () => {
    const simulcast = PUBLISHER.slice(0, PUBLISHER.indexOf('a=ssrc-group')).concat(
      'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n',
      'a=rid:h send\r\na=rid:m send\r\na=rid:l send\r\na=simulcast:send h;m;l\r\n',
    );
    const offer = readWhipOffer(simulcast);
    const [, camera] = producersOf(offer, 'fe_1');
    expect(camera?.rtpParameters).toMatchObject({ mid: '1', encodings: [{}] });
    const answer = writeAnswer({
      offer,
      transport: {
        iceParameters: { usernameFragment: 'u'.repeat(16), password: 'p'.repeat(32) },
        iceCandidates: [],
        dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'F7:EB' }] },
      },
      tracks: producersOf(offer, 'fe_1'),
      direction: 'recvonly',
      sessionId: '1',
      streamId: 'fe_1',
    });
    expect(answer).toContain('m=video 9 ');
    // Neither is known then, so that one encoding is sent (RFC 8853 §5.3).
    expect(answer).not.toMatch(/a=(?:rid|simulcast|extmap:10)\b/);
  });

  it('refuses packets that nothing tells apart', () => {
    const offer = readWhipOffer(PUBLISHER.replaceAll(/a=(?:ssrc|extmap).*\r\n/g, ''));
    expect(() => producersOf(offer, 'c')).toThrow(
      expect.objectContaining({ code: 'SDP_INVALID', field: 'ssrc' }),
    );
  });

  it.each<[string, string, string, string]>([
    ['words', 'hello', 'SDP_INVALID', 'v'],
    ['a viewer', CHROMIUM, 'SDP_INVALID', 'direction'],
    ['nobody’s codecs', PUBLISHER.replaceAll(/H264|opus/g, 'x'), 'CODEC_UNSUPPORTED', 'rtpmap'],
    ['a sender of High', PUBLISHER.replaceAll(/42[e0]01f/g, '64001f'), 'CODEC_UNSUPPORTED', 'm'],
    // RFC 9725 §4.4.3: nobody is to believe that both are seen.
    ['a sound that is not taken', PUBLISHER.replaceAll('opus/', 'speex/'), 'CODEC_UNSUPPORTED', 'm'],
    [
      'two cameras',
      PUBLISHER + PUBLISHER.slice(PUBLISHER.indexOf('m=video')).replace('a=mid:1', 'a=mid:2'),
      'CODEC_UNSUPPORTED',
      'm',
    ],
    ['no ICE', PUBLISHER.replaceAll(/a=ice-.*\r\n/g, ''), 'SDP_INVALID', 'ice-ufrag'],
    [
      'one payload type for both',
      PUBLISHER.replaceAll(/(?<=[ :])109(?=[ \r])/g, '111'),
      'SDP_INVALID',
      'rtpmap',
    ],
    ['too much', PUBLISHER + 'a=x\r\n'.repeat(20_000), 'MESSAGE_TOO_LARGE', 'body'],
  ])('refuses %s', (_, text, code, field) => {
    expect(() => readWhipOffer(text)).toThrow(expect.objectContaining({ code, field }));
  });

  it('takes one that would also receive', () => {
    expect(kindsOf(readWhipOffer(BARE.replaceAll('a=recvonly', 'a=sendrecv')))).toEqual(['camera']);
  });
});
