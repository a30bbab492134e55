/** A picture's size, pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Profiles whose SPS has chroma format and scaling lists (ITU-T H.264 §7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const SPS_TYPE = 7;

/**
 * The picture size in the first SPS of an Annex-B configuration; undefined when there is none or it is cut off. Servers
 * before 4.0 tell the size once: after a rotation the SPS alone knows it.
 */
export function sizeFromConfig(annexB: Uint8Array): PictureSize | undefined {
  for (let i = 0; i + 3 < annexB.length; i += 1) {
    const starts = annexB[i] === 0 && annexB[i + 1] === 0 && annexB[i + 2] === 1;
    if (starts && ((annexB[i + 3] ?? 0) & 0x1f) === SPS_TYPE) return sizeFromSps(annexB.subarray(i + 4));
  }
  return undefined;
}

/** @param body bytes after the NAL header, up to the next start code or further */
function sizeFromSps(body: Uint8Array): PictureSize | undefined {
  const bits = new BitReader(body);
  const profile = bits.take(8);
  bits.take(16); // constraint flags, level_idc
  bits.ue(); // seq_parameter_set_id
  let chroma = 1;
  let separate = 0;
  if (HIGH_PROFILES.has(profile)) {
    chroma = bits.ue();
    if (chroma === 3) separate = bits.take(1);
    bits.ue(); // bit_depth_luma_minus8
    bits.ue(); // bit_depth_chroma_minus8
    bits.take(1); // qpprime_y_zero_transform_bypass_flag
    if (bits.take(1) === 1) for (let i = 0; i < (chroma === 3 ? 12 : 8); i += 1) skipScalingList(bits, i);
  }
  bits.ue(); // log2_max_frame_num_minus4
  const order = bits.ue();
  if (order === 0) bits.ue();
  else if (order === 1) {
    bits.take(1);
    bits.se();
    bits.se();
    const cycle = Math.min(bits.ue(), 255);
    for (let i = 0; i < cycle; i += 1) bits.se();
  }
  bits.ue(); // max_num_ref_frames
  bits.take(1); // gaps_in_frame_num_value_allowed_flag
  const widthMbs = bits.ue() + 1;
  const heightUnits = bits.ue() + 1;
  const framesOnly = bits.take(1);
  if (framesOnly === 0) bits.take(1);
  bits.take(1); // direct_8x8_inference_flag
  const crop = bits.take(1) === 1 ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0];
  if (bits.overrun) return undefined;
  // Crop offsets count chroma samples, and fields twice (§7.4.2.1.1, equations 7-19 to 7-22).
  const array = separate === 1 ? 0 : chroma;
  const unitX = array === 1 || array === 2 ? 2 : 1;
  const unitY = (array === 1 ? 2 : 1) * (2 - framesOnly);
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const width = widthMbs * 16 - unitX * (left + right);
  const height = (2 - framesOnly) * heightUnits * 16 - unitY * (top + bottom);
  return width > 0 && height > 0 && width <= 0xffff && height <= 0xffff ? { width, height } : undefined;
}

function skipScalingList(bits: BitReader, index: number): void {
  if (bits.take(1) === 0) return;
  let last = 8;
  let next = 8;
  for (let i = 0; i < (index < 6 ? 16 : 64); i += 1) {
    if (next !== 0) next = (last + bits.se() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

/** Bits of an RBSP: emulation prevention bytes (00 00 03) are skipped (§7.4.1.1). */
class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #bit = 0;
  #zeros = 0;
  overrun = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i += 1) value = value * 2 + this.#one();
    return value;
  }

  /** Unsigned Exp-Golomb (§9.1). */
  ue(): number {
    let zeros = 0;
    while (zeros < 32 && !this.overrun && this.#one() === 0) zeros += 1;
    return 2 ** zeros - 1 + this.take(zeros);
  }

  /** Signed Exp-Golomb (§9.1.1). */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  #one(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) {
      this.overrun = true;
      return 0;
    }
    const value = (byte >> (7 - this.#bit)) & 1;
    this.#bit += 1;
    if (this.#bit === 8) this.#nextByte(byte);
    return value;
  }

  #nextByte(byte: number): void {
    this.#bit = 0;
    this.#at += 1;
    this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
    if (this.#zeros >= 2 && this.#bytes[this.#at] === 3) {
      this.#at += 1;
      this.#zeros = 0;
    }
  }
}
