import { AppError } from '@ancloud/kit/errors';
import { damagedBytes, damagedLines, FUZZ_MS, fuzzSettings } from '@ancloud/testkit';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { readPushAnswer, writePushOffer } from '../src/core/push-sdp.js';
import { BARE, CHROMIUM, PUBLISHER } from '../src/core/whep-offer.fixture.js';
import { capabilitiesOf, readOffer, shapeOf } from '../src/core/whep-offer.js';
import { readPatch } from '../src/core/whep-patch.js';
import { producersOf, readWhipOffer } from '../src/core/whip-offer.js';
import { errorOf, hasIntegrity, readStun, readXorAddress, stunLength, writeStun } from '../src/io/stun.js';

/** Sound and picture under one payload type. */
const ALIKE = CHROMIUM.replaceAll(/(rtpmap|fmtp|rtcp-fb):109 /g, '$1:111 ').replace(
  /^(m=video.*) 109 /m,
  '$1 111 ',
);

/** Lines that belong somewhere else, or nowhere. */
const ODD = [
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=mid:0',
  'a=rtpmap:128 H264/90000',
  'a=rtpmap:111 H264/90000',
  'a=fmtp:111 packetization-mode=1;profile-level-id=42e01f',
  'a=ssrc-group:FID 1 x',
  'a=simulcast:send 1;2',
  'a=ice-ufrag:a',
  'a=ice-ufrag:__proto__',
  'a=setup:holdconn',
  'a=fingerprint:md5 00',
  'a=group:BUNDLE',
  'a=extmap:0 urn:x',
  'a=rtcp-fb:* nack',
];
/** Refusals that whoever sends an SDP may get. */
const REFUSALS = new Set(['SDP_INVALID', 'CODEC_UNSUPPORTED', 'MESSAGE_TOO_LARGE', 'ETAG_MISMATCH']);

/** What `read` answers, or undefined when it refuses, by a code, a field and a fix that stay readable. */
function refusable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(REFUSALS).toContain(error.code);
    expect(error.message.length).toBeLessThan(500);
    return undefined;
  }
}

it(
  'an offer of a viewer is refused by name, or comes to something that a router takes',
  () => {
    const offers = damagedLines([CHROMIUM, BARE, PUBLISHER, ALIKE], ODD);
    fc.assert(
      fc.property(fc.oneof(offers, fc.string({ unit: 'binary' })), (text) => {
        const offer = refusable(() => readOffer(text));
        if (offer === undefined) return;
        const { codecs } = shapeOf(offer);
        expect(codecs.some(({ kind }) => kind === 'video')).toBe(true);
        const types = codecs.map(({ preferredPayloadType }) => preferredPayloadType ?? -1);
        expect(new Set(types).size).toBe(types.length);
        expect(types.every((type) => type >= 0 && type <= 127)).toBe(true);
        expect(capabilitiesOf(offer).codecs).toHaveLength(codecs.length);
        expect(new Set(offer.sections.map(({ mid }) => mid)).size).toBe(offer.sections.length);
        expect(offer.ice.password.length).toBeGreaterThanOrEqual(22);
      }),
      fuzzSettings(1_000),
    );
  },
  FUZZ_MS,
);

it(
  'an offer of a publisher is taken whole or refused',
  () => {
    fc.assert(
      fc.property(damagedLines([PUBLISHER, CHROMIUM], ODD), (text) => {
        const offer = refusable(() => readWhipOffer(text));
        if (offer === undefined) return;
        const producers = refusable(() => producersOf(offer, 'phone')) ?? [];
        for (const { kind, rtpParameters } of producers) {
          expect(['audio', 'video']).toContain(kind);
          expect(rtpParameters.codecs).toHaveLength(1);
          const ssrc = rtpParameters.encodings?.[0]?.ssrc;
          expect(ssrc === undefined || (ssrc > 0 && ssrc <= 0xffff_ffff)).toBe(true);
        }
      }),
      fuzzSettings(500),
    );
  },
  FUZZ_MS,
);

it(
  'a PATCH is candidates, a restart, or refused',
  () => {
    const ice = { usernameFragment: 'EsAw', password: 'P2uYro0UCOQ4zxjKXaWCBui1' };
    const fragment = [
      'a=group:BUNDLE 0 1',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      `a=ice-ufrag:${ice.usernameFragment}`,
      `a=ice-pwd:${ice.password}`,
      'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host',
      '',
    ].join('\r\n');
    const tag = fc.oneof(fc.constantFrom('"now"', '*', '"*"', '"x", "now"', 'W/"now"', ''), fc.string());
    fc.assert(
      fc.property(damagedLines([fragment], ODD), tag, (text, ifMatch) => {
        const patch = refusable(() => readPatch({ etag: '"now"', ice }, ifMatch, text));
        if (patch?.kind === 'restart') expect(patch.ice).not.toEqual(ice);
      }),
      fuzzSettings(500),
    );
  },
  FUZZ_MS,
);

it(
  'the answer of a server that is pushed to is refused, or names where to go',
  () => {
    const value = Array.from({ length: 32 }, (_, at) => at.toString(16).padStart(2, '0'))
      .join(':')
      .toUpperCase();
    const rtpParameters = {
      mid: '0',
      codecs: [
        {
          mimeType: 'video/H264',
          payloadType: 102,
          clockRate: 90_000,
          parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f' },
          rtcpFeedback: [],
        },
      ],
      headerExtensions: [],
      encodings: [{ ssrc: 2_222 }],
      rtcp: { cname: 'phone' },
    };
    const tracks = [{ kind: 'video' as const, mid: '0', rtpParameters }];
    const offer = writePushOffer({
      tracks,
      ice: { usernameFragment: 'ourU', password: 'ourPasswordOf22Letters' },
      fingerprints: [{ algorithm: 'sha-256', value }],
      sessionId: '42',
      streamId: 'pu_1',
    });
    const answer = offer
      .replaceAll('a=sendonly', 'a=recvonly')
      .replaceAll('a=setup:actpass', 'a=setup:passive')
      .replace(/a=rtpmap/, 'a=candidate:1 1 udp 2130706431 192.0.2.7 4443 typ host\r\na=rtpmap');
    expect(readPushAnswer(answer, tracks).candidates).toHaveLength(1);
    fc.assert(
      fc.property(damagedLines([answer], ODD), (text) => {
        let read: ReturnType<typeof readPushAnswer> | undefined;
        try {
          read = readPushAnswer(text, tracks);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          return;
        }
        for (const { port } of read.candidates) expect(port > 0 && port <= 65_535).toBe(true);
      }),
      fuzzSettings(500),
    );
  },
  FUZZ_MS,
);

it(
  'STUN of any bytes is read or is none, and nobody’s integrity holds after damage',
  () => {
    const transaction = Buffer.from('0102030405060708090a0b0c', 'hex');
    const key = Buffer.from('secret');
    const attributes = [
      { type: 0x0006, value: Buffer.from('ours:theirs') },
      { type: 0x0009, value: Buffer.from([0, 0, 4, 87, 82]) },
      { type: 0x0020, value: Buffer.from('0001a147e112a643', 'hex') },
    ];
    const good = writeStun({ kind: 'success', method: 1, transaction, attributes }, key);
    expect(hasIntegrity(good, key)).toBe(true);
    fc.assert(
      fc.property(damagedBytes([good], good.length), (bytes) => {
        stunLength(bytes);
        const message = readStun(bytes);
        if (message === undefined) return;
        errorOf(message);
        for (const { value } of message.attributes) readXorAddress(value, message.transaction);
        // FINGERPRINT, 8 bytes at the end, is behind what the key covers.
        const covered = good.subarray(0, good.length - 8);
        if (hasIntegrity(bytes, key)) expect(bytes.subarray(0, covered.length).equals(covered)).toBe(true);
      }),
      fuzzSettings(500),
    );
  },
  FUZZ_MS,
);
