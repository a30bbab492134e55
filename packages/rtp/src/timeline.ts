import { int } from './errors.js';

export interface RtpTimelineOptions {
  /** Fixed for the life of the stream, u32; media-svc's producer is bound to it. */
  readonly ssrc: number;
  /** 0-127. */
  readonly payloadType: number;
  /** Ticks per second: 90000 for video, 48000 for Opus. */
  readonly clockRate: number;
  /**
   * Sequence number of the first packet, u16. After a restart of the sender give the last one that the receiver
   * reports plus 1: a number far away makes mediasoup drop the packet, i.e. the SPS, and lose the whole GOP.
   */
  readonly sequence: number;
  /** Added to every timestamp, u32. Default 0, so that a restarted sender on the same host clock goes on by itself. */
  readonly timestampOffset?: number;
}

/** Where a stream stands; survives its encoder, and with `sequence` its sender. */
export interface RtpTimelineState {
  readonly ssrc: number;
  /** Number the next packet will have. */
  readonly sequence: number;
  /** Timestamp of the last access unit, u32; undefined before the first. */
  readonly timestamp: number | undefined;
  /** Sent since this timeline was made, for sender reports: packets and payload bytes, u32 each. */
  readonly packetCount: number;
  readonly octetCount: number;
}

/**
 * Sequence numbers and timestamps of one RTP stream. It belongs to the stream, not to the encoder: replacing a
 * scrcpy server keeps the timeline, and viewers see one unbroken stream.
 *
 * Timestamps are the host clock in ticks, and strictly grow from one access unit to the next (a repeated or older
 * time becomes one tick more than the last), because a receiver joins packets of equal timestamps to one picture.
 */
export class RtpTimeline {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly #offset: number;
  #sequence: number;
  /** Not wrapped: the host clock in ticks, < 2^53. */
  #ticks = -1;
  #packets = 0;
  #octets = 0;

  /** @throws RtpError RTP_VALUE */
  constructor(options: RtpTimelineOptions) {
    this.ssrc = int('ssrc', options.ssrc, 0, 0xffff_ffff);
    this.payloadType = int('payloadType', options.payloadType, 0, 127);
    this.clockRate = int('clockRate', options.clockRate, 1, 1_000_000);
    this.#sequence = int('sequence', options.sequence, 0, 0xffff);
    this.#offset = int('timestampOffset', options.timestampOffset ?? 0, 0, 0xffff_ffff);
  }

  /** Timestamp for an access unit presented at `hostUs` (µs, any host clock that never goes back; Unix time fits). */
  stamp(hostUs: number): number {
    return this.stampTicks(this.ticksAt(hostUs));
  }

  /** The host clock in ticks, not wrapped. */
  ticksAt(hostUs: number): number {
    return Math.floor(hostUs * (this.clockRate / 1_000_000));
  }

  /** Ticks of the last access unit, not wrapped; -1 before the first. */
  get lastTicks(): number {
    return this.#ticks;
  }

  /** As stamp(), for a time already in ticks. */
  stampTicks(ticks: number): number {
    this.#ticks = ticks > this.#ticks ? ticks : this.#ticks + 1;
    return this.wrap(this.#ticks);
  }

  /** RTP timestamp of a time in ticks; does not move the stream (sender reports need the present). */
  wrap(ticks: number): number {
    return (ticks + this.#offset) % 0x1_0000_0000;
  }

  /** Takes the number of one packet with this many payload bytes. */
  next(payloadBytes: number): number {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    this.#packets = (this.#packets + 1) >>> 0;
    this.#octets = (this.#octets + payloadBytes) >>> 0;
    return sequence;
  }

  get state(): RtpTimelineState {
    return {
      ssrc: this.ssrc,
      sequence: this.#sequence,
      timestamp: this.#ticks < 0 ? undefined : this.wrap(this.#ticks),
      packetCount: this.#packets,
      octetCount: this.#octets,
    };
  }
}
