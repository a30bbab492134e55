import type { types } from 'mediasoup';
import { AppError } from '@ancloud/kit/errors';
import * as sdp from 'sdp-transform';
import { dtlsOf, type IceCredentials, iceOf, parseSdp, type Section, textOf } from './sdp.js';
import { sdpHead } from './sdp-head.js';

/** Candidates of an answer that are looked at. */
const MAX_CANDIDATES = 16;

/** One track of a push: what mediasoup's consumer sends. `mid` is its own, and the section's. */
export interface PushTrack {
  readonly kind: types.MediaKind;
  readonly mid: string;
  readonly rtpParameters: types.RtpParameters;
}

export interface PushAnswer {
  readonly ice: IceCredentials;
  /** The other side of DTLS, with its role. */
  readonly dtls: types.DtlsParameters;
  /** By UDP, the best first. */
  readonly candidates: readonly IceTarget[];
  /** Mids of tracks that the server does not want. */
  readonly refused: ReadonlySet<string>;
}

/** Where connectivity checks are sent. */
export interface IceTarget {
  readonly address: string;
  readonly port: number;
}

/**
 * The offer of a WHIP client (RFC 9725 §4.2): tracks that are sent, all in one bundle, and no candidates: the server learns where we are
 * from our checks, and nobody is told of networks inside. Payload types and header extensions are mediasoup's own: whoever offers chooses. Pure.
 */
export function writePushOffer(options: {
  readonly tracks: readonly PushTrack[];
  readonly ice: IceCredentials;
  readonly fingerprints: readonly types.DtlsFingerprint[];
  /** Of the `o=` line: digits. */
  readonly sessionId: string;
  readonly streamId: string;
}): string {
  const { tracks, sessionId, streamId } = options;
  return sdp.write({
    ...sdpHead(
      sessionId,
      tracks.map(({ mid }) => mid),
      true,
    ),
    msidSemantic: { semantic: 'WMS', token: streamId },
    media: tracks.map((track) => offerSection(track, options)),
  });
}

/** Errors: SDP_INVALID, CODEC_UNSUPPORTED when the picture is refused, MESSAGE_TOO_LARGE. Pure. */
export function readPushAnswer(text: string, tracks: readonly PushTrack[]): PushAnswer {
  const answer = parseSdp(text);
  const { media } = answer;
  if (media.length !== tracks.length)
    throw wrong(`the answer has ${media.length} sections to an offer of ${tracks.length}`, 'm');
  const refused = new Set<string>();
  const taken: Section[] = [];
  media.forEach((section, at) => {
    const track = tracks[at] as PushTrack;
    if (section.port === 0 || (section.direction ?? answer.direction) === 'inactive') {
      refused.add(track.mid);
      return;
    }
    if (section.type !== track.kind || textOf(section.mid) !== track.mid)
      throw wrong(`section ${at} of the answer is not the offer's`, 'mid');
    // RFC 3264 allows others for the way back; what mediasoup sends are the offer's.
    const payloadType = track.rtpParameters.codecs[0]?.payloadType;
    if (!textOf(section.payloads).split(' ').includes(String(payloadType)))
      throw wrong(`section ${at} of the answer has not the offer's payload type`, 'rtpmap');
    taken.push(section);
  });
  const [first] = taken;
  if (first === undefined || tracks.some(({ kind, mid }) => kind === 'video' && refused.has(mid)))
    throw new AppError(
      'CODEC_UNSUPPORTED',
      'the server does not take the picture: H.264, packetization-mode 1',
      {
        field: 'm',
      },
    );
  const dtls = dtlsOf(answer, first);
  if (textOf(first.setup ?? answer.setup) === 'actpass') throw wrong('an answer chooses its role', 'setup');
  return { ice: iceOf(answer, first), dtls, candidates: candidatesOf(taken), refused };
}

function candidatesOf(sections: readonly Section[]): IceTarget[] {
  const found = sections
    .flatMap(({ candidates = [] }) => candidates)
    .filter(({ transport, component }) => textOf(transport).toLowerCase() === 'udp' && component === 1)
    .filter(({ port }) => Number.isInteger(port) && port > 0 && port <= 0xffff)
    .toSorted((a, b) => b.priority - a.priority)
    .map(({ ip, port }) => ({ address: textOf(ip), port }));
  const seen = new Map(found.map((one) => [`${one.address} ${one.port}`, one]));
  return [...seen.values()].slice(0, MAX_CANDIDATES);
}

function offerSection(
  { kind, mid, rtpParameters }: PushTrack,
  { ice, fingerprints, streamId }: Parameters<typeof writePushOffer>[0],
): Section {
  const fingerprint = fingerprints.find(({ algorithm }) => algorithm === 'sha-256') ?? fingerprints[0];
  const { codecs, headerExtensions = [], encodings = [], rtcp } = rtpParameters;
  const ssrc = encodings[0]?.ssrc;
  const cname = rtcp?.cname ?? streamId;
  return {
    type: kind,
    port: 9,
    protocol: 'UDP/TLS/RTP/SAVPF',
    payloads: codecs.map(({ payloadType }) => payloadType).join(' '),
    connection: { version: 4, ip: '0.0.0.0' },
    iceUfrag: ice.usernameFragment,
    icePwd: ice.password,
    ...(fingerprint === undefined
      ? {}
      : { fingerprint: { type: fingerprint.algorithm, hash: fingerprint.value } }),
    setup: 'actpass',
    mid,
    direction: 'sendonly',
    rtcpMux: 'rtcp-mux',
    rtcpRsize: 'rtcp-rsize',
    rtp: codecs.map(({ payloadType, mimeType, clockRate, channels }) => ({
      payload: payloadType,
      codec: mimeType.slice(mimeType.indexOf('/') + 1),
      rate: clockRate,
      ...(channels === undefined || channels === 1 ? {} : { encoding: channels }),
    })),
    fmtp: codecs.flatMap(({ payloadType, parameters }) => {
      const config = Object.entries<unknown>(parameters ?? {})
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(';');
      return config === '' ? [] : [{ payload: payloadType, config }];
    }),
    rtcpFb: codecs.flatMap(({ payloadType, rtcpFeedback = [] }) =>
      rtcpFeedback.map(({ type, parameter }) => ({
        payload: payloadType,
        type,
        ...(parameter === undefined || parameter === '' ? {} : { subtype: parameter }),
      })),
    ),
    ext: headerExtensions.map(({ id, uri }) => ({ value: id, uri })),
    msid: [{ id: streamId, appdata: kind }],
    ...(ssrc === undefined ? {} : { ssrcs: [{ id: ssrc, attribute: 'cname', value: cname }] }),
  };
}

function wrong(message: string, field: string): AppError {
  return new AppError('SDP_INVALID', message, { field });
}
