import { int } from './errors.js';
import { RTP_HEADER_SIZE, writeHeader } from './header.js';
import { forEachNal, NalType, nalType } from './nal.js';
import type { RtpTimeline } from './timeline.js';

/**
 * Takes one packet: `header` then `payload`. `header` is valid during the call only: the next packet's is written over it. `payload` is
 * a view of the access unit (or of the packetiser's own parameter set bytes, which are replaced, never rewritten): it is valid as long
 * as the caller leaves the access unit alone.
 */
export type RtpEmit = (header: Uint8Array, payload: Uint8Array) => void;

/** Largest RTP packet, header included, in bytes: leaves room for SRTP, DTLS/TURN and IPv6 headers within 1280. */
export const DEFAULT_MTU = 1200;

export interface H264PacketizerOptions {
  readonly timeline: RtpTimeline;
  readonly emit: RtpEmit;
  /** Largest RTP packet in bytes, header included; 64 to 65,507. Default 1200. */
  readonly mtu?: number;
}

const STAP_A = 24;
const FU_A = 28;

/**
 * H.264 → RTP, packetization-mode 1 (RFC 6184): single NAL units, STAP-A for parameter sets, FU-A for what is larger
 * than the MTU. The marker bit ends each access unit.
 *
 * Each IDR is led by the newest SPS and PPS, also when the access unit has none: mediasoup takes only a packet that
 * begins with an SPS for a key frame. Access unit delimiters, filler and end-of-stream units are left out (the marker
 * bit says as much, and a delimiter in front would take the SPS's place).
 *
 * The pictures are not copied. Per packet one view (payload) is allocated.
 */
export class H264Packetizer {
  readonly #timeline: RtpTimeline;
  readonly #emit: RtpEmit;
  readonly #maxPayload: number;
  readonly #header = new Uint8Array(RTP_HEADER_SIZE);
  /** With room for FU indicator and FU header. */
  readonly #fragmentHeader = new Uint8Array(RTP_HEADER_SIZE + 2);
  /** Newest parameter sets by their id. Own copies. */
  readonly #sps = new Map<number, Uint8Array>();
  readonly #pps = new Map<number, Uint8Array>();
  /** Payloads that carry all parameter sets; built when they change. */
  #parameterPayloads: Uint8Array[] | undefined;
  /** NAL units of the access unit at hand, flattened start, end; reused, so it grows to the largest seen: `length = 0` would cost a call into V8. */
  readonly #units: number[] = [];

  /** @throws RtpError RTP_VALUE */
  constructor(options: H264PacketizerOptions) {
    this.#timeline = options.timeline;
    this.#emit = options.emit;
    this.#maxPayload = int('mtu', options.mtu ?? DEFAULT_MTU, 64, 65_507) - RTP_HEADER_SIZE;
  }

  /**
   * Remembers the SPS and PPS of a codec configuration (scrcpy's config packet, Annex-B) and forgets all earlier
   * ones; sent with the next IDR. The bytes are copied.
   */
  setConfig(annexB: Uint8Array): void {
    this.#sps.clear();
    this.#pps.clear();
    this.#parameterPayloads = undefined;
    forEachNal(annexB, (start, end) => this.#remember(annexB, start, end));
  }

  /** True when an SPS and a PPS are known: without them no viewer can decode. */
  get hasConfig(): boolean {
    return this.#sps.size > 0 && this.#pps.size > 0;
  }

  /**
   * Sends one access unit (Annex-B) presented at `hostUs` (host clock, µs; see PtsClock).
   * Parameter sets inside it replace those remembered. @returns packets emitted; 0 when it has no NAL unit to send.
   */
  packetize(accessUnit: Uint8Array, hostUs: number): number {
    const units = this.#units;
    let count = 0;
    let parameters = false;
    forEachNal(accessUnit, (start, end) => {
      const type = nalType(accessUnit[start]!);
      if (type === NalType.Sps || type === NalType.Pps) {
        this.#remember(accessUnit, start, end);
        parameters = true;
      } else if (type === NalType.Idr) {
        parameters = true;
        units[count++] = start;
        units[count++] = end;
      } else if (
        type !== 0 &&
        (type < NalType.AccessUnitDelimiter || type > NalType.Filler) &&
        type < STAP_A
      ) {
        units[count++] = start;
        units[count++] = end;
      }
    });
    const heads = parameters ? this.#parameters() : [];
    if (count === 0 && heads.length === 0) return 0;

    const timestamp = this.#timeline.stamp(hostUs);
    let packets = 0;
    for (let i = 0; i < heads.length; i += 1) {
      const head = heads[i]!;
      packets += this.#unit(head, 0, head.length, timestamp, count === 0 && i === heads.length - 1);
    }
    for (let i = 0; i < count; i += 2) {
      packets += this.#unit(accessUnit, units[i]!, units[i + 1]!, timestamp, i + 2 === count);
    }
    return packets;
  }

  /** One NAL unit or aggregate: whole when it fits, else in fragments. @returns packets emitted. */
  #unit(bytes: Uint8Array, start: number, end: number, timestamp: number, last: boolean): number {
    if (end - start > this.#maxPayload) return this.#fragments(bytes, start, end, timestamp, last);
    const t = this.#timeline;
    const sequence = t.next(end - start);
    this.#emit(
      writeHeader(this.#header, t.payloadType, last, sequence, timestamp, t.ssrc),
      bytes.subarray(start, end),
    );
    return 1;
  }

  /** FU-A (RFC 6184 §5.8): the NAL header's type moves into the FU header, its other bits into the indicator. */
  #fragments(bytes: Uint8Array, start: number, end: number, timestamp: number, last: boolean): number {
    const t = this.#timeline;
    const nalHeader = bytes[start]!;
    const indicator = (nalHeader & 0xe0) | FU_A;
    const type = nalHeader & 0x1f;
    const room = this.#maxPayload - 2;
    const header = this.#fragmentHeader;
    let packets = 0;
    for (let at = start + 1; at < end; packets += 1) {
      const stop = Math.min(at + room, end);
      const sequence = t.next(stop - at + 2);
      const marker = last && stop === end;
      writeHeader(header, t.payloadType, marker, sequence, timestamp, t.ssrc);
      header[RTP_HEADER_SIZE] = indicator;
      header[RTP_HEADER_SIZE + 1] = (packets === 0 ? 0x80 : 0) | (stop === end ? 0x40 : 0) | type;
      this.#emit(header, bytes.subarray(at, stop));
      at = stop;
    }
    return packets;
  }

  #remember(bytes: Uint8Array, start: number, end: number): void {
    const type = nalType(bytes[start]!);
    if (type !== NalType.Sps && type !== NalType.Pps) return;
    const sets = type === NalType.Sps ? this.#sps : this.#pps;
    const id = parameterSetId(bytes, start, end);
    if (id === undefined) return;
    const known = sets.get(id);
    if (known !== undefined && sameBytes(known, bytes, start, end)) return;
    // Not slice(): on a Node Buffer that is a view.
    sets.set(id, new Uint8Array(bytes.subarray(start, end)));
    this.#parameterPayloads = undefined;
  }

  /** All SPS, then all PPS, as many as fit in each STAP-A (RFC 6184 §5.7.1); a lone one goes as it is. */
  #parameters(): Uint8Array[] {
    if (this.#parameterPayloads !== undefined) return this.#parameterPayloads;
    const payloads: Uint8Array[] = [];
    let group: Uint8Array[] = [];
    let size = 1;
    const flush = (): void => {
      if (group.length > 0) payloads.push(group.length === 1 ? group[0]! : stapA(group, size));
      group = [];
      size = 1;
    };
    for (const nal of [...this.#sps.values(), ...this.#pps.values()]) {
      if (size + 2 + nal.length > this.#maxPayload) flush();
      group.push(nal);
      size += 2 + nal.length;
    }
    flush();
    this.#parameterPayloads = payloads;
    return payloads;
  }
}

function stapA(nals: readonly Uint8Array[], size: number): Uint8Array {
  const payload = new Uint8Array(size);
  let reference = 0;
  let at = 1;
  for (const nal of nals) {
    reference = Math.max(reference, nal[0]! & 0x60);
    payload[at] = nal.length >>> 8;
    payload[at + 1] = nal.length;
    payload.set(nal, at + 2);
    at += 2 + nal.length;
  }
  payload[0] = reference | STAP_A;
  return payload;
}

/** seq_parameter_set_id (behind profile, constraints, level) or pic_parameter_set_id; undefined when out of range. */
function parameterSetId(bytes: Uint8Array, start: number, end: number): number | undefined {
  const isSps = nalType(bytes[start]!) === NalType.Sps;
  const from = (start + (isSps ? 4 : 1)) * 8;
  const bit = (at: number): number => (at >> 3 < end ? (bytes[at >> 3]! >> (7 - (at & 7))) & 1 : 0);
  let zeros = 0;
  while (zeros <= 8 && bit(from + zeros) === 0) zeros += 1;
  if (zeros > 8) return undefined;
  let value = 0;
  for (let i = 0; i <= zeros; i += 1) value = (value << 1) | bit(from + zeros + i);
  const id = value - 1;
  return id <= (isSps ? 31 : 255) ? id : undefined;
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i += 1) if (known[i] !== bytes[start + i]) return false;
  return true;
}
