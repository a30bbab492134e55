import { randomInt } from 'node:crypto';
import type { Clock, Timer } from '@ancloud/kit';
import {
  buildSenderReport,
  H264Packetizer,
  OPUS_CLOCK_RATE,
  OpusPacketizer,
  RTP_HEADER_SIZE,
  RtpTimeline,
  sameSrtp,
  type SrtpMaster,
} from '@ancloud/rtp';
import { replayTimes } from '../core/replay-times.js';
import { nextSequence } from '../core/sequence.js';
import type { HostClock } from './host-clock.js';
import type { RtpSocket, RtpTarget } from './rtp-socket.js';

/** What of a socket is used. */
type RtpOutlet = Pick<RtpSocket, 'connect' | 'disconnect' | 'send' | 'flush'>;

/** Between two sender reports of a stream (RFC 3550 §6.2 allows 5 s; players sync lips by the first two). */
const REPORT_MS = 1_000;
const EMPTY = new Uint8Array(0);

export interface RtpStreamOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Number after the last one the receiver saw; 0 for a new stream. */
  readonly nextSequence: number;
}

export interface RtpOptions {
  readonly target: RtpTarget;
  readonly video: RtpStreamOptions;
  /** Absent: audio is not sent. */
  readonly audio: RtpStreamOptions | undefined;
  /** Bytes of RTP payload at most. */
  readonly maxPayload: number;
  /** What they are encrypted by; undefined = sent as they are. */
  readonly srtp: SrtpMaster | undefined;
}

/**
 * Access units → RTP packets of one stream of a phone. Belongs to the phone, not to the encoder: sequence numbers and timestamps go
 * on while scrcpy servers and even media-svc change.
 */
export class RtpSender {
  readonly #outlet: RtpOutlet;
  readonly #hostClock: HostClock;
  readonly #clock: Clock;
  readonly #cname: string;
  #video: { readonly timeline: RtpTimeline; readonly packetizer: H264Packetizer } | undefined;
  #audio: { readonly timeline: RtpTimeline; readonly packetizer: OpusPacketizer } | undefined;
  #srtp: SrtpMaster | undefined;
  #config: Uint8Array | undefined;
  /** When the newest access unit was placed, host µs; -Infinity before the first. */
  #lastVideoUs = -Infinity;
  #report: Timer | undefined;

  constructor(options: {
    readonly outlet: RtpOutlet;
    readonly hostClock: HostClock;
    readonly clock: Clock;
    /** Names the phone in sender reports; printable ASCII. */
    readonly cname: string;
  }) {
    this.#outlet = options.outlet;
    this.#hostClock = options.hostClock;
    this.#clock = options.clock;
    this.#cname = options.cname;
  }

  /** Begins to send to a receiver, or goes on sending to another. Errors: INVALID_ARGUMENT. */
  async attach(options: RtpOptions): Promise<void> {
    const mtu = options.maxPayload + RTP_HEADER_SIZE;
    // With a new key both ends count wraps of the sequence numbers anew, and who misses the packets around one is wrong for good: streams
    // begin anew too, where the first wrap is far (`continued`), and nothing of the old ones is sent with the new key.
    if (options.srtp !== undefined && !sameSrtp(this.#srtp, options.srtp)) {
      this.#video = undefined;
      this.#audio = undefined;
    }
    this.#srtp = options.srtp;
    await this.#outlet.connect(options.target, mtu, options.srtp);
    const emit = (kind: 'video' | 'audio') => (header: Uint8Array, payload: Uint8Array) =>
      this.#outlet.send(header, payload, kind);
    const timeline = continued(this.#video?.timeline, options.video, 90_000);
    this.#video = { timeline, packetizer: new H264Packetizer({ timeline, emit: emit('video'), mtu }) };
    if (this.#config !== undefined) this.#video.packetizer.setConfig(this.#config);
    if (options.audio === undefined) this.#audio = undefined;
    else {
      const audio = continued(this.#audio?.timeline, options.audio, OPUS_CLOCK_RATE);
      this.#audio = {
        timeline: audio,
        packetizer: new OpusPacketizer({ timeline: audio, emit: emit('audio'), mtu }),
      };
    }
    this.#report ??= this.#reportLater();
  }

  /** Nothing is sent until the next attach; where the streams stand is remembered. */
  detach(): void {
    this.#report?.cancel();
    this.#report = undefined;
    this.#outlet.disconnect();
  }

  /** SPS and PPS of the encoder whose pictures follow; sent with each IDR. */
  setConfig(annexB: Uint8Array): void {
    this.#config = annexB.slice();
    this.#video?.packetizer.setConfig(this.#config);
  }

  video(accessUnit: Uint8Array, hostUs: number): void {
    this.#lastVideoUs = Math.max(hostUs, this.#lastVideoUs);
    this.#video?.packetizer.packetize(accessUnit, hostUs);
    this.#outlet.flush();
  }

  audio(packet: Uint8Array, hostUs: number): void {
    this.#audio?.packetizer.packetize(packet, hostUs);
    this.#outlet.flush();
  }

  /** Sends a group of pictures again, with new numbers and times. */
  replay(units: readonly Uint8Array[]): void {
    const nowUs = this.#hostClock.monotonicUs();
    const times = replayTimes(units.length, this.#lastVideoUs, nowUs);
    for (const [i, unit] of units.entries()) this.video(unit, times[i] ?? nowUs);
  }

  #reportLater(): Timer {
    const timer = this.#clock.setTimeout(() => {
      this.#report = this.#reportLater();
      this.#sendReports();
    }, REPORT_MS);
    timer.unref();
    return timer;
  }

  #sendReports(): void {
    const hostUs = this.#hostClock.monotonicUs();
    const unixUs = this.#hostClock.unixUs();
    for (const timeline of [this.#video?.timeline, this.#audio?.timeline]) {
      if (timeline === undefined || timeline.state.packetCount === 0) continue;
      const { ssrc, packetCount, octetCount } = timeline.state;
      const rtpTimestamp = timeline.wrap(timeline.ticksAt(hostUs));
      const report = buildSenderReport({
        ssrc,
        unixUs,
        rtpTimestamp,
        packetCount,
        octetCount,
        cname: this.#cname,
      });
      this.#outlet.send(report, EMPTY, 'rtcp');
    }
  }
}

/** The same timeline while its numbers serve the receiver, else a new one from where the receiver stands. */
function continued(
  before: RtpTimeline | undefined,
  stream: RtpStreamOptions,
  clockRate: number,
): RtpTimeline {
  const { ssrc, payloadType } = stream;
  const own = before?.ssrc === ssrc ? before.state.sequence : undefined;
  // The lower half leaves 32,768 packets before the first wrap, as RFC 3711 §3.3.1 advises for SRTP's roll-over counter.
  const sequence = nextSequence(stream.nextSequence, own, randomInt(1, 0x8000));
  if (before !== undefined && sequence === own && before.payloadType === payloadType) return before;
  return new RtpTimeline({ ssrc, payloadType, clockRate, sequence });
}
