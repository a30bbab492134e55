import type { types } from 'mediasoup';
import { AppError } from '@ancloud/kit/errors';
import { malformed } from './sdp.js';
import { readSections, type OfferedSection, type WhepOffer } from './whep-offer.js';

/** What a phone is sent: a camera is a picture, a microphone a sound. */
export type FeedKind = 'camera' | 'microphone';

/** Header extensions that a producer has a use for; the others are left out of the answer. */
const EXTENSIONS: ReadonlySet<string> = new Set([
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
]);
const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const FEEDBACK: ReadonlySet<string> = new Set(['nack', 'nack pli', 'ccm fir', 'goog-remb', 'transport-cc']);

/**
 * Reads a publisher's offer (RFC 9725) of what a phone can be fed with: one H.264 Constrained Baseline, packetization-mode 1, one Opus, or both.
 * All of it or nothing (§4.4.3): who sends two and is shown one would not know which. Simulcast is no second: the answer does not have it, and
 * the publisher sends one encoding then (RFC 8853 §5.3). Pure. Errors: SDP_INVALID, CODEC_UNSUPPORTED,
 * MESSAGE_TOO_LARGE.
 */
export function readWhipOffer(text: string): WhepOffer {
  const offer = readSections(text, 'sends', 'any');
  const left = offer.sections.find(({ codec }) => codec === undefined);
  if (left === undefined) return offer;
  throw new AppError('CODEC_UNSUPPORTED', `the m-section '${left.mid}' of ${left.media} cannot be taken`, {
    field: 'm',
    value: `${left.media} ${left.payloads}`.slice(0, 200),
    fix: 'send one H264/90000 with packetization-mode=1 and profile-level-id=42e01f, one opus/48000/2, or both, and nothing else',
  });
}

/** What the offer feeds. */
export function kindsOf({ sections }: WhepOffer): FeedKind[] {
  return sections.flatMap(({ media, codec }) => {
    if (codec === undefined) return [];
    return media === 'video' ? (['camera'] as const) : (['microphone'] as const);
  });
}

/** One section that was taken up, as a producer of ours. */
export interface OfferedProducer {
  readonly kind: types.MediaKind;
  readonly rtpParameters: types.RtpParameters;
}

/** The offer's sections in mediasoup's words. Errors: SDP_INVALID when nothing tells whose packets are whose. */
export function producersOf(offer: WhepOffer, cname: string): OfferedProducer[] {
  return offer.sections.flatMap((section) => {
    const { codec, media } = section;
    if (codec === undefined) return [];
    const headerExtensions = section.extensions.filter(({ uri }) => EXTENSIONS.has(uri));
    const byMid = headerExtensions.some(({ uri }) => uri === MID);
    if (section.ssrc === undefined && !byMid)
      throw malformed(`the m-section '${section.mid}' names no ssrc and has no sdes:mid extension`, 'ssrc');
    const encoding = section.ssrc === undefined ? {} : { ssrc: section.ssrc };
    return [
      {
        kind: media as types.MediaKind,
        rtpParameters: {
          ...(byMid ? { mid: section.mid } : {}),
          codecs: [codecOf(section, codec)],
          headerExtensions: headerExtensions.map(({ id, uri }) => ({
            id,
            uri: uri as types.RtpHeaderExtensionUri,
          })),
          encodings: [encoding],
          rtcp: { cname, reducedSize: section.reducedSize },
        },
      },
    ];
  });
}

function codecOf(
  { media }: OfferedSection,
  { payloadType, feedback }: NonNullable<OfferedSection['codec']>,
): types.RtpCodecParameters {
  const rtcpFeedback = feedback.filter(({ type, parameter }) =>
    FEEDBACK.has(`${type} ${parameter ?? ''}`.trim()),
  );
  if (media === 'audio')
    return {
      mimeType: 'audio/opus',
      payloadType,
      clockRate: 48_000,
      channels: 2,
      parameters: {},
      rtcpFeedback,
    };
  return {
    mimeType: 'video/H264',
    payloadType,
    clockRate: 90_000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
    rtcpFeedback,
  };
}
