import { isIP } from 'node:net';
import type {
  AttachLowRequest,
  AttachLowResponse,
  AttachStreamRequest,
  AttachStreamResponse,
  RunMainRequest,
  RunMainResponse,
  SrtpKey,
} from '@ancloud/contracts/session/v1/session';
import { AppError } from '@ancloud/kit';
import { isSrtpSuite, type SrtpMaster, srtpMasterSize } from '@ancloud/rtp';
import { srtpRequired } from '../errors.js';
import type { RtpOptions, RtpStreamOptions } from '../io/rtp-sender.js';
import type { Session } from '../io/session.js';

const DEFAULT_PAYLOAD = 1_200;

/** Errors: INVALID_ARGUMENT, FENCED, STREAM_FAILED, SESSION_NOT_READY, CANCELLED, SRTP_REQUIRED. */
export async function attachStream(
  session: Session,
  request: AttachStreamRequest,
  signal: AbortSignal,
): Promise<AttachStreamResponse> {
  const wish = { fence: request.fence, rtp: readRtp(request), rests: request.rests };
  // One whose media-svc is older, or was told never to: the channel is that media-svc's own, so nobody else can have left the key out.
  if (wish.rtp.srtp === undefined && session.rtp.srtp === 'always') throw srtpRequired(session.phoneId);
  const { size, audio } = await session.streams.attach(wish, signal);
  const { ip, port } = session.rtp;
  return { rtpIp: ip, rtpPort: port, width: size?.width ?? 0, height: size?.height ?? 0, audio };
}

/** Errors: FENCED, STREAM_FAILED, CANCELLED. */
export async function runMain(
  session: Session,
  { fence }: RunMainRequest,
  signal: AbortSignal,
): Promise<RunMainResponse> {
  const { size, audio } = await session.streams.runMain(fence, signal);
  return { width: size?.width ?? 0, height: size?.height ?? 0, audio };
}

/** Errors: INVALID_ARGUMENT, FENCED, STREAM_FAILED, SESSION_NOT_READY, CANCELLED. */
export async function attachLow(
  session: Session,
  { fence, ssrc, payloadType, nextSequence }: AttachLowRequest,
  signal: AbortSignal,
): Promise<AttachLowResponse> {
  const video = readStream('', ssrc, payloadType, nextSequence);
  const { size } = await session.streams.attachLow(fence, video, signal);
  return { width: size?.width ?? 0, height: size?.height ?? 0 };
}

function readRtp(request: AttachStreamRequest): RtpOptions {
  if (isIP(request.ip) === 0)
    throw new AppError('INVALID_ARGUMENT', 'attaching a stream: ip is no IP address', {
      field: 'ip',
      value: request.ip,
      fix: 'give the address of the PlainTransport',
    });
  within('port', request.port, 1, 65_535);
  const maxPayload = request.mtu === 0 ? DEFAULT_PAYLOAD : within('mtu', request.mtu, 500, 1_400);
  const video = readStream('video_', request.videoSsrc, request.videoPayloadType, request.videoNextSequence);
  // Without an SSRC of its own the receiver does not want sound.
  const audio =
    request.audioSsrc === 0
      ? undefined
      : readStream('audio_', request.audioSsrc, request.audioPayloadType, request.audioNextSequence);
  if (audio?.ssrc === video.ssrc)
    throw new AppError('INVALID_ARGUMENT', 'attaching a stream: video and audio have the same SSRC', {
      field: 'audio_ssrc',
      value: String(audio.ssrc),
    });
  const srtp = readKey(request.srtp);
  return { target: { ip: request.ip, port: request.port }, video, audio, maxPayload, srtp };
}

function readKey(srtp: SrtpKey | undefined): SrtpMaster | undefined {
  if (srtp === undefined) return undefined;
  const { cryptoSuite: suite, key } = srtp;
  if (!isSrtpSuite(suite))
    throw new AppError('INVALID_ARGUMENT', 'attaching a stream: the crypto suite is unknown', {
      field: 'srtp.crypto_suite',
      value: suite,
      fix: 'give AEAD_AES_256_GCM or AEAD_AES_128_GCM',
    });
  // The length alone: the value is a secret.
  within('srtp.key', key.length, srtpMasterSize(suite), srtpMasterSize(suite));
  return { suite, key };
}

function readStream(
  prefix: 'video_' | 'audio_' | '',
  ssrc: number,
  payloadType: number,
  next: number,
): RtpStreamOptions {
  return {
    ssrc: within(`${prefix}ssrc`, ssrc, 1, 0xffff_ffff),
    payloadType: within(`${prefix}payload_type`, payloadType, 0, 127),
    // 65536 is number 0 of a stream that is not new.
    nextSequence: within(`${prefix}next_sequence`, next, 0, 0x1_0000),
  };
}

function within(field: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw outOfRange(field, value, min, max);
}

function outOfRange(field: string, value: number, min: number, max: number): AppError {
  return new AppError('INVALID_ARGUMENT', `attaching a stream: ${field} is ${value}`, {
    field,
    value: String(value),
    fix: `give a number from ${min} to ${max}`,
  });
}
