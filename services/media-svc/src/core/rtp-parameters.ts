import type { types } from 'mediasoup';

/** The codecs and payload types that a router speaks to its viewers; a router's are fixed for its life. */
export interface Shape {
  /** Equal for equal shapes. */
  readonly key: string;
  /** Sound first: mediasoup gives the picture's RTX a payload type of its own choice, and not one that is still to come. */
  readonly codecs: types.RouterRtpCodecCapability[];
}

/**
 * What a router of ours carries. H.264 is always labelled 42e01f, packetization-mode 1, whatever profile the phone
 * encodes: decoders go by the stream, and 64001f would be refused by Chromium (docs/protocol.md, "Picture").
 */
const mediaCodecs: types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: 111 },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    preferredPayloadType: 102,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
];

/** Of viewers who take our payload types: mediasoup's own clients. */
export const ownShape: Shape = { key: 'own', codecs: mediaCodecs };

export const videoPayloadType = 102;
export const audioPayloadType = 111;
/** Fixed for the life of an ingest; a PlainTransport carries nothing else, so they need not be random. */
export const videoSsrc = 0x616e_0001;
export const audioSsrc = 0x616e_0002;
/** Of an ingest's first low layer; each further one has the next. */
export const lowSsrc = 0x616e_0003;

/**
 * The phone's video as a producer. No PLI, FIR or NACK feedback is declared: the worker would ask the phone's encoder for
 * every viewer's trouble. Consumers' requests are read from their traces instead and limited (key-frame-wish.ts).
 */
export function videoParameters(cname: string, ssrc = videoSsrc): types.RtpParameters {
  return {
    codecs: [
      {
        mimeType: 'video/H264',
        clockRate: 90_000,
        payloadType: videoPayloadType,
        parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
        rtcpFeedback: [],
      },
    ],
    encodings: [{ ssrc }],
    rtcp: { cname, reducedSize: true },
  };
}

/** The phone's sound as a producer: RFC 7587, stereo, no DTX (scrcpy sends every 20 ms). */
export function audioParameters(cname: string): types.RtpParameters {
  return {
    codecs: [
      {
        mimeType: 'audio/opus',
        clockRate: 48_000,
        channels: 2,
        payloadType: audioPayloadType,
        parameters: { 'sprop-stereo': 1 },
        rtcpFeedback: [],
      },
    ],
    encodings: [{ ssrc: audioSsrc }],
    rtcp: { cname, reducedSize: true },
  };
}

/**
 * A pipe's track as a producer: as it was sent, and asking for lost packets alone. A key frame asked for by RTCP would reach nobody:
 * the origin's producer takes none (see above), wishes go by the pipe's call.
 */
export function pipedParameters(parameters: types.RtpParameters): types.RtpParameters {
  return {
    ...parameters,
    codecs: parameters.codecs.map((codec) => ({
      ...codec,
      rtcpFeedback: (codec.rtcpFeedback ?? []).filter(
        ({ type, parameter = '' }) => type === 'nack' && parameter === '',
      ),
    })),
  };
}
