import type { types } from 'mediasoup';
import { AppError } from '@ancloud/kit/errors';
import { decodesConstrainedBaseline, isConstrainedBaseline } from './h264-profile.js';
import type { Shape } from './rtp-parameters.js';
import {
  dtlsOf,
  iceOf,
  malformed,
  parseSdp,
  textOf,
  type IceCredentials,
  type Section,
  type Session,
} from './sdp.js';

const MAX_SECTIONS = 16;

/** What the viewer offered for one kind, as far as we take it up. */
export interface OfferedCodec {
  readonly payloadType: number;
  /** Format parameters as the offer says them; the answer repeats them (RFC 6184 §8.2.2: profile and mode are kept, or the payload type is refused). */
  readonly config: string;
  readonly feedback: readonly types.RtcpFeedback[];
}

/** One m-section, in the offer's order: the answer has as many. */
export interface OfferedSection {
  readonly mid: string;
  /** `audio`, `video`, `application` … */
  readonly media: string;
  readonly protocol: string;
  readonly payloads: string;
  /** Missing: the section is refused in the answer. */
  readonly codec?: OfferedCodec;
  readonly extensions: readonly { readonly id: number; readonly uri: string }[];
  /** `extmap-allow-mixed`, of this section. */
  readonly mixed: boolean;
  readonly reducedSize: boolean;
  /** Of its packets, when the offer names it; not of those that repeat them. */
  readonly ssrc?: number;
}

export interface WhepOffer {
  readonly sections: readonly OfferedSection[];
  /** `extmap-allow-mixed`, of the session. */
  readonly mixed: boolean;
  readonly ice: IceCredentials;
  /** The viewer's side of DTLS. */
  readonly dtls: types.DtlsParameters;
}

/** What whoever offers means to do. */
export type OfferSide = 'receives' | 'sends';

/**
 * Reads a viewer's offer (RFC 8829 §5.2.1, as WHEP wants it) and chooses what we can send: H.264 Constrained Baseline in
 * packetization-mode 1, else by a profile whose decoders decode that too, and Opus when it is offered. Pure. Errors: SDP_INVALID, CODEC_UNSUPPORTED, MESSAGE_TOO_LARGE.
 */
export function readOffer(text: string): WhepOffer {
  return readSections(text, 'receives', 'video');
}

/** An offer of either side, of which a section of the media `required` is taken up. Pure. Errors: as readOffer. */
export function readSections(text: string, side: OfferSide, required: 'video' | 'any'): WhepOffer {
  const description = parseSdp(text);
  if (!text.startsWith('v=0')) throw malformed("the offer does not begin with 'v=0'", 'v');
  const { media } = description;
  if (media.length === 0 || media.length > MAX_SECTIONS)
    throw malformed(`the offer has ${media.length} m-sections, not 1 to ${MAX_SECTIONS}`, 'm');
  const bundled = bundleOf(description);
  const taken = new Set<string>();
  const sections = media.map((section): OfferedSection => {
    const mid = midOf(section);
    if (taken.has(mid)) throw malformed(`the mid '${mid}' stands twice`, 'mid');
    taken.add(mid);
    const first = !media.slice(0, media.indexOf(section)).some(({ type }) => type === section.type);
    const codec =
      // One track of a kind is all that there is.
      first && isRtp(section) ? codecOf(section.type, section, side) : undefined;
    if (codec !== undefined) {
      requireUsable(description, section, mid, bundled, media.length);
      requireDirection(description, section, mid, side);
    }
    const ssrc = ssrcOf(section);
    return {
      mid,
      media: section.type,
      protocol: section.protocol,
      payloads: textOf(section.payloads),
      ...(codec === undefined ? {} : { codec }),
      extensions: (section.ext ?? []).map(({ value, uri }) => ({ id: value, uri: textOf(uri) })),
      mixed: section.extmapAllowMixed !== undefined,
      reducedSize: section.rtcpRsize !== undefined,
      ...(ssrc === undefined ? {} : { ssrc }),
    };
  });
  requireTaken(sections, media, side, required);
  requireApart(sections);
  const used = media.find((_, at) => sections[at]?.codec !== undefined) as Section;
  return {
    sections,
    mixed: description.extmapAllowMixed !== undefined,
    ice: iceOf(description, used),
    dtls: dtlsOf(description, used),
  };
}

/** The shape of the router that can answer the offer: its payload types are the offer's. */
export function shapeOf(offer: WhepOffer): Shape {
  const codecs = codecsOf(offer);
  const key = codecs.map(({ kind, preferredPayloadType }) => `${kind}:${preferredPayloadType}`);
  return {
    key: key.join(' '),
    codecs,
  };
}

/** What the viewer can receive, in mediasoup's words. */
export function capabilitiesOf(offer: WhepOffer): types.RtpCapabilities {
  return {
    codecs: codecsOf(offer),
    headerExtensions: offer.sections.flatMap(({ media, codec, extensions }) =>
      codec === undefined
        ? []
        : extensions.map(({ id, uri }) => ({
            kind: media as types.MediaKind,
            uri: uri as types.RtpHeaderExtensionUri,
            preferredId: id,
            preferredEncrypt: false,
            direction: 'recvonly' as const,
          })),
    ),
  };
}

function codecsOf({ sections }: WhepOffer): types.RtpCodecCapability[] {
  const of = (kind: types.MediaKind): types.RtpCodecCapability[] =>
    sections.flatMap(({ media, codec }): types.RtpCodecCapability[] => {
      if (media !== kind || codec === undefined) return [];
      const { payloadType, feedback } = codec;
      const common = { kind, preferredPayloadType: payloadType, rtcpFeedback: [...feedback] };
      if (kind === 'audio') return [{ ...common, mimeType: 'audio/opus', clockRate: 48_000, channels: 2 }];
      return [
        {
          ...common,
          mimeType: 'video/H264',
          clockRate: 90_000,
          parameters: {
            'packetization-mode': 1,
            'profile-level-id': '42e01f',
            'level-asymmetry-allowed': 1,
          },
        },
      ];
    });
  return [...of('audio'), ...of('video')];
}

function isRtp({ protocol }: Section): boolean {
  return protocol === 'UDP/TLS/RTP/SAVPF' || protocol === 'UDP/TLS/RTP/SAVP';
}

function midOf({ mid, type }: Section): string {
  const text = textOf(mid);
  if (!/^[\w!#$%&'*+\-.^`{|}~]{1,32}$/.test(text))
    throw malformed(`the m-section '${type}' has no mid that could be one (RFC 5888)`, 'mid');
  return text;
}

function bundleOf({ groups }: Session): ReadonlySet<string> | undefined {
  const group = groups?.find(({ type }) => type === 'BUNDLE');
  return group === undefined ? undefined : new Set(textOf(group.mids).split(' '));
}

function requireUsable(
  session: Session,
  section: Section,
  mid: string,
  bundled: ReadonlySet<string> | undefined,
  count: number,
): void {
  if (section.rtcpMux === undefined) throw malformed(`the m-section '${mid}' has no rtcp-mux`, 'rtcp-mux');
  if (bundled === undefined ? count > 1 : !bundled.has(mid))
    throw malformed(`the m-section '${mid}' is in no BUNDLE group`, 'group', "use bundlePolicy 'max-bundle'");
}

function requireDirection(
  { direction: common }: Session,
  section: Section,
  mid: string,
  side: OfferSide,
): void {
  const direction = section.direction ?? common ?? 'sendrecv';
  const wanted = side === 'receives' ? 'recvonly' : 'sendonly';
  if (direction !== wanted && direction !== 'sendrecv') {
    throw malformed(
      `the m-section '${mid}' is ${direction}: ${side === 'receives' ? 'a viewer receives' : 'a publisher sends'}`,
      'direction',
      `use addTransceiver(…, {direction: '${wanted}'})`,
    );
  }
}

/** The first that is named; of a group with retransmissions (RFC 5576 §4.2, FID) the one that is repeated. */
function ssrcOf({ ssrcs, ssrcGroups }: Section): number | undefined {
  const group = ssrcGroups?.find(({ semantics }) => semantics === 'FID');
  const ssrc = Number(group === undefined ? ssrcs?.[0]?.id : textOf(group.ssrcs).split(' ')[0]);
  return Number.isInteger(ssrc) && ssrc > 0 && ssrc <= 0xffff_ffff ? ssrc : undefined;
}

function codecOf(media: string, section: Section, side: OfferSide): OfferedCodec | undefined {
  const offered = new Set(textOf(section.payloads).split(' '));
  const first = (wanted: (rtp: Section['rtp'][number]) => boolean) =>
    section.rtp.find((rtp) => offered.has(textOf(rtp.payload)) && wanted(rtp));
  const h264 = (fits: typeof isConstrainedBaseline) =>
    first((rtp) => isH264(rtp) && fits(parametersOf(section, rtp.payload)));
  const found =
    media === 'audio'
      ? first(isOpus)
      : media === 'video'
        ? // Of what is sent, what it is called; of what is received, at need, what is decoded too.
          (h264(isConstrainedBaseline) ??
          (side === 'receives' ? h264(decodesConstrainedBaseline) : undefined))
        : undefined;
  if (found === undefined) return undefined;
  if (!Number.isInteger(found.payload) || found.payload < 0 || found.payload > 127)
    throw malformed(`the payload type ${textOf(found.payload)} is not 0 to 127`, 'rtpmap');
  return {
    payloadType: found.payload,
    config: configOf(section, found.payload),
    feedback: (section.rtcpFb ?? [])
      .filter(({ payload }) => payload === '*' || textOf(payload) === textOf(found.payload))
      .map(({ type, subtype }) => ({ type: textOf(type), parameter: textOf(subtype) })),
  };
}

function isOpus({ codec, rate, encoding }: Section['rtp'][number]): boolean {
  return textOf(codec).toLowerCase() === 'opus' && Number(rate) === 48_000 && Number(encoding) === 2;
}

function isH264({ codec, rate }: Section['rtp'][number]): boolean {
  return textOf(codec).toUpperCase() === 'H264' && Number(rate) === 90_000;
}

function configOf({ fmtp }: Section, payload: number): string {
  return textOf(fmtp.find((one) => textOf(one.payload) === textOf(payload))?.config);
}

function parametersOf(section: Section, payload: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    configOf(section, payload)
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.includes('='))
      .map((pair) => [
        pair.slice(0, pair.indexOf('=')).trim().toLowerCase(),
        pair.slice(pair.indexOf('=') + 1).trim(),
      ]),
  );
}

/** A payload type says alone what a packet is. Errors: SDP_INVALID. */
function requireApart(sections: readonly OfferedSection[]): void {
  const [one, other] = sections.flatMap(({ codec }) => codec ?? []);
  if (one === undefined || one.payloadType !== other?.payloadType) return;
  throw malformed(`the payload type ${one.payloadType} means sound and picture at once`, 'rtpmap');
}

function requireTaken(
  sections: readonly OfferedSection[],
  all: readonly Section[],
  side: OfferSide,
  required: 'video' | 'any',
): void {
  const wanted = (media: string): boolean => media === 'video' || (required === 'any' && media === 'audio');
  if (sections.some(({ media, codec }) => wanted(media) && codec !== undefined)) return;
  const offered = all.flatMap(({ type, rtp }) => (wanted(type) ? rtp.map(({ codec }) => codec) : []));
  const profiles = side === 'receives' ? 'Baseline, Main or High' : 'Constrained Baseline';
  const h264 = `H.264 in ${profiles} with packetization-mode 1`;
  throw new AppError(
    'CODEC_UNSUPPORTED',
    offered.length === 0
      ? `the offer has no ${required === 'any' ? 'picture and no sound' : 'picture'}`
      : `the offer has no ${h264}${required === 'any' ? ', and no Opus' : ''}`,
    {
      field: 'rtpmap',
      value: [...new Set(offered)].join(', ').slice(0, 200),
      fix: `offer H264/90000 with packetization-mode=1 and profile-level-id=42e01f${required === 'any' ? ', opus/48000/2, or both' : ': use a player that decodes it'}`,
    },
  );
}
