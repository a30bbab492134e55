import type { types } from 'mediasoup';
import * as sdp from 'sdp-transform';
import type { IceCredentials } from './sdp.js';
import { sdpHead } from './sdp-head.js';
import type { OfferedSection, WhepOffer } from './whep-offer.js';

/** The farm's end of the transport, in mediasoup's words. */
export interface AnswerTransport {
  readonly iceParameters: types.IceParameters;
  readonly iceCandidates: readonly types.IceCandidate[];
  readonly dtlsParameters: types.DtlsParameters;
}

/** What flows in one section: a consumer, or a producer. */
export interface AnswerTrack {
  readonly kind: types.MediaKind;
  readonly rtpParameters: types.RtpParameters;
}

/**
 * The answer to an offer (RFC 8829 §5.3.1): ICE lite, all candidates, one MediaStream. Sections that were not taken up are
 * refused with port 0. No SSRC is named: a section has one payload type and a payload type one section, so that the sender may
 * change (a new session of the phone) without a new offer. Pure.
 */
export function writeAnswer(options: {
  readonly offer: WhepOffer;
  readonly transport: AnswerTransport;
  readonly tracks: readonly AnswerTrack[];
  /** The farm's. */
  readonly direction: 'sendonly' | 'recvonly';
  /** Of the `o=` line: digits. */
  readonly sessionId: string;
  /** Id of the MediaStream that is sent. */
  readonly streamId: string;
}): string {
  const { offer, sessionId } = options;
  const accepted = offer.sections.filter(({ codec }) => codec !== undefined);
  return sdp.write({
    ...sdpHead(
      sessionId,
      accepted.map(({ mid }) => mid),
      offer.mixed,
    ),
    icelite: 'ice-lite',
    ...(options.direction === 'sendonly'
      ? { msidSemantic: { semantic: 'WMS', token: options.streamId } }
      : {}),
    media: offer.sections.map((section) => answerSection(section, options)),
  });
}

/** The answer to a fragment that restarts ICE (RFC 8840 §4.4): the section that the bundle is tagged by. Pure. */
export function writeFragment(options: {
  /** Of the sections in the bundle. */
  readonly bundle: readonly string[];
  readonly mid: string;
  readonly media: string;
  readonly transport: Pick<AnswerTransport, 'iceParameters' | 'iceCandidates'>;
}): string {
  const { iceParameters, iceCandidates } = options.transport;
  const { usernameFragment, password } = iceParameters;
  return [
    'a=ice-lite',
    'a=ice-options:trickle ice2',
    `a=group:BUNDLE ${options.bundle.join(' ')}`,
    `m=${options.media} 9 UDP/TLS/RTP/SAVPF 0`,
    `a=mid:${options.mid}`,
    `a=ice-ufrag:${usernameFragment}`,
    `a=ice-pwd:${password}`,
    ...iceCandidates.map((one) => `a=candidate:${candidateText(one)}`),
    'a=end-of-candidates',
    '',
  ].join('\r\n');
}

/** Names an ICE session: the farm's credentials are new with each. */
export function etagOf({ usernameFragment }: Pick<IceCredentials, 'usernameFragment'>): string {
  return `"${usernameFragment}"`;
}

type Section = sdp.SessionDescription['media'][number];

function answerSection(section: OfferedSection, options: Parameters<typeof writeAnswer>[0]): Section {
  const { mid, media, protocol, payloads, codec } = section;
  const common = {
    type: media,
    protocol,
    connection: { version: 4, ip: '0.0.0.0' },
    mid,
    rtp: [],
    fmtp: [],
  };
  if (codec === undefined) return { ...common, port: 0, payloads, direction: 'inactive' };
  const { payloadType, config } = codec;
  const { iceParameters, iceCandidates, dtlsParameters } = options.transport;
  const { fingerprints } = dtlsParameters;
  const fingerprint = fingerprints.find(({ algorithm }) => algorithm === 'sha-256') ?? fingerprints[0];
  const flows = options.tracks.find(({ kind }) => kind === media)?.rtpParameters;
  return {
    ...common,
    port: 9,
    payloads: String(payloadType),
    rtp: [
      media === 'audio'
        ? { payload: payloadType, codec: 'opus', rate: 48_000, encoding: 2 }
        : { payload: payloadType, codec: 'H264', rate: 90_000 },
    ],
    fmtp: config === '' ? [] : [{ payload: payloadType, config }],
    rtcpFb: (flows?.codecs[0]?.rtcpFeedback ?? []).map(({ type, parameter }) => ({
      payload: payloadType,
      type,
      ...(parameter === undefined || parameter === '' ? {} : { subtype: parameter }),
    })),
    // mediasoup takes what was offered in any section for all of them; Firefox refuses an answer with more than its section's (RFC 8285 §6).
    ext: (flows?.headerExtensions ?? [])
      .filter(({ id, uri }) => section.extensions.some((offered) => offered.id === id && offered.uri === uri))
      .map(({ id, uri }) => ({ value: id, uri })),
    // Said of all at once where the offer did so.
    ...(section.mixed && !options.offer.mixed ? { extmapAllowMixed: 'extmap-allow-mixed' } : {}),
    iceUfrag: iceParameters.usernameFragment,
    icePwd: iceParameters.password,
    ...(fingerprint === undefined
      ? {}
      : { fingerprint: { type: fingerprint.algorithm, hash: fingerprint.value } }),
    setup: options.offer.dtls.role === 'server' ? 'active' : 'passive',
    candidates: iceCandidates.map(candidate),
    endOfCandidates: 'end-of-candidates',
    direction: options.direction,
    ...(options.direction === 'sendonly' ? { msid: [{ id: options.streamId, appdata: media }] } : {}),
    rtcpMux: 'rtcp-mux',
    ...(section.reducedSize ? { rtcpRsize: 'rtcp-rsize' as const } : {}),
    // sdp-transform does not know it (RFC 8858).
    invalid: [{ value: 'rtcp-mux-only' }],
  };
}

function candidate(one: types.IceCandidate): NonNullable<Section['candidates']>[number] {
  return {
    foundation: one.foundation,
    component: 1,
    transport: one.protocol,
    priority: one.priority,
    ip: one.address,
    port: one.port,
    type: one.type,
    ...(one.protocol === 'tcp' ? { tcptype: one.tcpType ?? 'passive' } : {}),
  };
}

function candidateText(one: types.IceCandidate): string {
  const tcp = one.protocol === 'tcp' ? ` tcptype ${one.tcpType ?? 'passive'}` : '';
  return `${one.foundation} 1 ${one.protocol} ${one.priority} ${one.address} ${one.port} typ ${one.type}${tcp}`;
}
