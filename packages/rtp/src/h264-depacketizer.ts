import type { RtpPacket } from './header.js';
import { NalType, nalType } from './nal.js';

const STAP_A = 24;
const FU_A = 28;
const MARK_START = 0x80;
const MARK_END = 0x40;
/** Of one access unit: what an encoder of phones never makes, and memory always has. */
const MAX_UNIT = 16 << 20;

/** One picture as it was encoded. */
export interface AccessUnit {
  /** NAL units without start codes, in order; views of the packets where they came whole. */
  readonly nals: readonly Uint8Array[];
  /** RTP timestamp, 90 kHz. */
  readonly timestamp: number;
  readonly keyFrame: boolean;
}

/**
 * RTP → H.264, packetization-mode 1 (RFC 6184): the way back of H264Packetizer. A picture of which a packet is missing is not
 * handed on, nor any that refers to it: all until the next IDR.
 */
export class H264Depacketizer {
  readonly #unit: (unit: AccessUnit) => void;
  readonly #lost: () => void;
  #sequence: number | undefined;
  #nals: Uint8Array[] = [];
  #bytes = 0;
  #fragments: Uint8Array[] | undefined;
  /** Of the picture at hand a packet is missing, or was ill-formed. */
  #torn = false;
  #waitsForKey = true;

  /** `lost` is called once for each gap, at its end. */
  constructor(unit: (unit: AccessUnit) => void, lost: () => void) {
    this.#unit = unit;
    this.#lost = lost;
  }

  /** One packet. What came before is ignored: behind us is behind us. */
  push({ sequence, timestamp, marker, payload }: RtpPacket): void {
    const ahead = this.#sequence === undefined ? 1 : (sequence - this.#sequence) & 0xffff;
    if (ahead === 0 || ahead >= 0x8000) return;
    this.#sequence = sequence;
    if (ahead > 1) {
      this.#tear();
      this.#lost();
    }
    if (!this.#read(payload)) this.#tear();
    if (marker) this.#end(timestamp);
  }

  #read(payload: Uint8Array): boolean {
    const first = payload[0];
    if (first === undefined) return false;
    const type = nalType(first);
    if (type === FU_A) return this.#fragment(payload);
    // A whole unit amid the fragments of another: that other has no end.
    if (this.#fragments !== undefined) return false;
    if (type === STAP_A) return this.#aggregate(payload);
    return type > 0 && type < STAP_A && this.#take(payload);
  }

  #aggregate(payload: Uint8Array): boolean {
    let at = 1;
    while (at + 2 < payload.length) {
      const size = (payload[at]! << 8) | payload[at + 1]!;
      const end = at + 2 + size;
      if (size === 0 || end > payload.length || !this.#take(payload.subarray(at + 2, end))) return false;
      at = end;
    }
    return at === payload.length;
  }

  #fragment(payload: Uint8Array): boolean {
    const indicator = payload[0]!;
    const header = payload[1];
    if (header === undefined || payload.length < 3) return false;
    if ((header & MARK_START) !== 0) {
      if (this.#fragments !== undefined) return false;
      this.#fragments = [Uint8Array.of((indicator & 0xe0) | (header & 0x1f))];
    }
    if (this.#fragments === undefined) return false;
    this.#fragments.push(payload.subarray(2));
    this.#bytes += payload.length - 2;
    if (this.#bytes > MAX_UNIT) return false;
    if ((header & MARK_END) === 0) return true;
    const nal = joined(this.#fragments);
    this.#fragments = undefined;
    this.#nals.push(nal);
    return true;
  }

  #take(nal: Uint8Array): boolean {
    this.#nals.push(nal);
    this.#bytes += nal.length;
    return this.#bytes <= MAX_UNIT;
  }

  #tear(): void {
    this.#torn = true;
    this.#nals = [];
    this.#fragments = undefined;
    this.#bytes = 0;
  }

  #end(timestamp: number): void {
    const nals = this.#nals;
    const whole = !this.#torn && this.#fragments === undefined && nals.length > 0;
    const keyFrame = whole && nals.some((nal) => nalType(nal[0]!) === NalType.Idr);
    if (!whole) this.#waitsForKey = true;
    else if (keyFrame) this.#waitsForKey = false;
    this.#torn = false;
    this.#nals = [];
    this.#fragments = undefined;
    this.#bytes = 0;
    if (whole && !this.#waitsForKey) this.#unit({ nals, timestamp, keyFrame });
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
