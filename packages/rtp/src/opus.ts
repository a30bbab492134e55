import { int, RtpError } from './errors.js';
import { DEFAULT_MTU } from './h264.js';
import type { RtpEmit } from './h264.js';
import { RTP_HEADER_SIZE, writeHeader } from './header.js';
import type { RtpTimeline } from './timeline.js';

/** RTP clock of Opus, whatever the coded band width (RFC 7587 §4.1). */
export const OPUS_CLOCK_RATE = 48_000;

/** Frame sizes of the TOC byte's 32 configurations, samples at 48 kHz (RFC 6716 §3.1, table 2). */
const SILK = [480, 960, 1920, 2880] as const;
const HYBRID = [480, 960] as const;
const CELT = [120, 240, 480, 960] as const;

/** Samples at 48 kHz in one Opus packet, by its TOC byte; 0 for an empty or ill-formed packet. */
export function opusSamples(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const config = toc >> 3;
  const frame = config < 12 ? SILK[config & 3]! : config < 16 ? HYBRID[config & 1]! : CELT[config & 3]!;
  const code = toc & 3;
  const count = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f;
  const samples = frame * count;
  // §3.2.5 [R5]: never more than 120 ms.
  return samples <= 5760 ? samples : 0;
}

export interface OpusPacketizerOptions {
  /** Its clockRate must be 48000. */
  readonly timeline: RtpTimeline;
  readonly emit: RtpEmit;
  /** Largest RTP packet in bytes, header included; 64 to 65,507. Default 1200. */
  readonly mtu?: number;
}

/** How far the phone's clock may be from the counted samples before the stream follows it: two usual frames. */
const SLACK_TICKS = 2 * 960;

/**
 * Opus → RTP, one packet each (RFC 7587 §4.2). Timestamps count samples, so jitter of the phone's times does not
 * reach the receiver's jitter buffer; when they part from the clock by more than 40 ms (silence, restart) the stream
 * jumps to the clock and the marker bit is set, as at a talk spurt's start. They never go back.
 */
export class OpusPacketizer {
  readonly #timeline: RtpTimeline;
  readonly #emit: RtpEmit;
  readonly #maxPayload: number;
  readonly #header = new Uint8Array(RTP_HEADER_SIZE);
  #expected = -1;

  /** @throws RtpError RTP_VALUE */
  constructor(options: OpusPacketizerOptions) {
    if (options.timeline.clockRate !== OPUS_CLOCK_RATE)
      throw new RtpError('RTP_VALUE', `clockRate is ${options.timeline.clockRate}; Opus has 48000`);
    this.#timeline = options.timeline;
    this.#emit = options.emit;
    this.#maxPayload = int('mtu', options.mtu ?? DEFAULT_MTU, 64, 65_507) - RTP_HEADER_SIZE;
  }

  /**
   * Sends one Opus packet presented at `hostUs` (host clock, µs). Empty packets are left out.
   * @returns packets emitted (0 or 1). @throws RtpError RTP_TOO_LARGE: lower the bit rate or raise the MTU.
   */
  packetize(packet: Uint8Array, hostUs: number): number {
    if (packet.length === 0) return 0;
    if (packet.length > this.#maxPayload)
      throw new RtpError(
        'RTP_TOO_LARGE',
        `an Opus packet of ${packet.length} bytes; ${this.#maxPayload} fit`,
      );
    const t = this.#timeline;
    const clock = t.ticksAt(hostUs);
    const steady = this.#expected >= 0 && Math.abs(clock - this.#expected) <= SLACK_TICKS;
    const timestamp = t.stampTicks(steady ? this.#expected : clock);
    this.#expected = t.lastTicks + opusSamples(packet);
    const sequence = t.next(packet.length);
    this.#emit(writeHeader(this.#header, t.payloadType, !steady, sequence, timestamp, t.ssrc), packet);
    return 1;
  }
}
