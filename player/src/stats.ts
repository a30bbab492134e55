/** What a viewer's connection is worth, once a second. */
export interface PictureStats {
  /** Frames shown per second. */
  readonly fps: number;
  /** Bits per second received. */
  readonly bitRate: number;
  /**
   * Round trip to media-svc, ms, as the browser tells it of the path (Chromium; Firefox tells none), else as its quickest answer about the
   * clock of the phone's host took; undefined before the first of both.
   */
  readonly rttMs: number | undefined;
  /** The packets go by a TURN server; undefined while the browser does not tell of the way. */
  readonly relayed: boolean | undefined;
  readonly packetsLost: number;
  readonly framesDropped: number;
  /** Mean time to decode a frame in the last second, ms. */
  readonly decodeMs: number;
  /** Mean time a frame waited in the jitter buffer in the last second, ms. */
  readonly bufferMs: number;
  /** The same of the sound; undefined while none is heard. */
  readonly soundBufferMs: number | undefined;
  readonly width: number;
  readonly height: number;
  /** Frames decoded, frames dropped and packets lost since the look before. */
  readonly newFrames: number;
  readonly newDropped: number;
  readonly newLost: number;
}

interface Sample {
  id: string;
  at: number;
  frames: number;
  bytes: number;
  decode: number;
  buffer: number;
  emitted: number;
  dropped: number;
  lost: number;
}

/** What a browser's sound has waited, and how many samples of it, over all tracks that there have been. */
interface Waited {
  readonly seconds: number;
  readonly samples: number;
}

/** Of packets of no picture by which mediasoup measures a link (mediasoup-client's ortc.ts, RTP_PROBATOR_SSRC). */
const PROBATOR_SSRC = 1234;

/** Differences of the browser's counters. Owned by whoever shows them; one per connection. */
export class PictureMeter {
  #last: Sample | undefined;
  #sound: Waited = { seconds: 0, samples: 0 };

  /** Undefined when the report has no picture in it yet. */
  read(report: RTCStatsReport): PictureStats | undefined {
    let video: RTCInboundRtpStreamStats | undefined;
    let rttMs: number | undefined;
    let sound: Waited = { seconds: 0, samples: 0 };
    for (const stat of report.values() as Iterable<RTCStats>) {
      // After a replaced stream the old one may still be listed: the newest packet tells which is shown.
      if (stat.type === 'inbound-rtp' && (stat as RTCInboundRtpStreamStats).kind === 'video') {
        const one = stat as RTCInboundRtpStreamStats;
        if (one.ssrc === PROBATOR_SSRC) continue;
        if (video === undefined || heard(one) >= heard(video)) video = one;
      }
      if (stat.type === 'inbound-rtp' && (stat as RTCInboundRtpStreamStats).kind === 'audio') {
        const { jitterBufferDelay = 0, jitterBufferEmittedCount = 0 } = stat as RTCInboundRtpStreamStats;
        sound = {
          seconds: sound.seconds + jitterBufferDelay,
          samples: sound.samples + jitterBufferEmittedCount,
        };
      }
      if (stat.type === 'candidate-pair' && (stat as RTCIceCandidatePairStats).nominated === true) {
        const seconds = (stat as RTCIceCandidatePairStats).currentRoundTripTime;
        if (seconds !== undefined) rttMs = seconds * 1_000;
      }
    }
    const played = sound.samples - this.#sound.samples;
    const waited = sound.seconds - this.#sound.seconds;
    this.#sound = sound;
    if (video === undefined) return undefined;
    const now: Sample = {
      id: video.id,
      at: video.timestamp,
      frames: video.framesDecoded ?? 0,
      bytes: video.bytesReceived ?? 0,
      decode: video.totalDecodeTime ?? 0,
      buffer: video.jitterBufferDelay ?? 0,
      emitted: video.jitterBufferEmittedCount ?? 0,
      dropped: video.framesDropped ?? 0,
      lost: video.packetsLost ?? 0,
    };
    // Counters of another stream are no beginning to count from.
    const last = this.#last?.id === now.id ? this.#last : { ...now, at: now.at - 1_000 };
    this.#last = now;
    const seconds = Math.max(0.001, (now.at - last.at) / 1_000);
    const frames = Math.max(0, now.frames - last.frames);
    const emitted = Math.max(0, now.emitted - last.emitted);
    return {
      fps: frames / seconds,
      bitRate: (Math.max(0, now.bytes - last.bytes) * 8) / seconds,
      rttMs,
      relayed: isRelayed(report),
      packetsLost: now.lost,
      framesDropped: now.dropped,
      decodeMs: frames === 0 ? 0 : ((now.decode - last.decode) / frames) * 1_000,
      bufferMs: emitted === 0 ? 0 : ((now.buffer - last.buffer) / emitted) * 1_000,
      // Fewer than before: a track that was replaced is no longer listed.
      soundBufferMs: played > 0 && waited >= 0 ? (waited / played) * 1_000 : undefined,
      width: video.frameWidth ?? 0,
      height: video.frameHeight ?? 0,
      newFrames: frames,
      newDropped: Math.max(0, now.dropped - last.dropped),
      // What was counted as lost may come yet: RFC 3550 lets the sum shrink.
      newLost: Math.max(0, now.lost - last.lost),
    };
  }
}

type Pair = RTCIceCandidatePairStats & { readonly selected?: boolean };

/**
 * Of the pair that is used: Chromium and Safari name it, Firefox marks it (`selected`, of before the standard). Else it is the one that was
 * nominated, of which an ICE restart leaves several.
 */
function isRelayed(report: RTCStatsReport): boolean | undefined {
  const stats = [...(report.values() as Iterable<RTCStats>)];
  const named = stats.map((stat) => (stat as RTCTransportStats).selectedCandidatePairId).find(Boolean);
  const pairs = stats.filter(({ type }) => type === 'candidate-pair') as Pair[];
  const pair =
    named === undefined
      ? (pairs.find(({ selected }) => selected) ?? pairs.find(({ nominated }) => nominated))
      : pairs.find(({ id }) => id === named);
  const local = stats.find(({ id }) => id === pair?.localCandidateId) as
    { readonly candidateType?: RTCIceCandidateType } | undefined;
  return local?.candidateType === undefined ? undefined : local.candidateType === 'relay';
}

function heard(stat: RTCInboundRtpStreamStats): number {
  return (stat as { lastPacketReceivedTimestamp?: number }).lastPacketReceivedTimestamp ?? 0;
}
