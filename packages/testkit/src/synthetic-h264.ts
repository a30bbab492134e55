/**
 * A tiny H.264 encoder of one-coloured pictures: valid Constrained Baseline for any decoder, a few kB per picture at
 * any size, and no recorded file. The first macroblock is I_PCM with the colour, all others are predicted from it
 * (Intra 16×16, DC, no residual), so the whole picture has exactly that colour: luma tells which frame it is.
 */

/** Writes bits, then a NAL unit with emulation prevention (ITU-T H.264 §7.2, §7.4.1.1, §9.1). */
class Bits {
  readonly #bytes: number[] = [];
  #held = 0;
  #count = 0;

  u(value: number, bits: number): this {
    for (let i = bits - 1; i >= 0; i -= 1) {
      this.#held = (this.#held << 1) | ((value >>> i) & 1);
      this.#count += 1;
      if (this.#count === 8) {
        this.#bytes.push(this.#held);
        this.#held = 0;
        this.#count = 0;
      }
    }
    return this;
  }

  /** Unsigned Exp-Golomb. se(0) is the same code. */
  ue(value: number): this {
    const code = value + 1;
    const bits = 32 - Math.clz32(code);
    return this.u(0, bits - 1).u(code, bits);
  }

  align(): this {
    while (this.#count !== 0) this.u(0, 1);
    return this;
  }

  /** rbsp_trailing_bits, then start code, header and the escaped bytes. */
  nal(header: number): Uint8Array {
    this.u(1, 1).align();
    const out = [0, 0, 0, 1, header];
    let zeros = 0;
    for (const byte of this.#bytes) {
      if (zeros >= 2 && byte <= 3) {
        out.push(3);
        zeros = 0;
      }
      out.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Uint8Array.from(out);
  }
}

const IDR = 0x65;
const SLICE = 0x61;
const FRAME_NUM_BITS = 8;

export class SyntheticH264 {
  readonly #columns: number;
  readonly #rows: number;
  #frameNum = 0;
  #idrId = 0;

  /** Pixels; even, 16 to 4096 each. */
  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    for (const side of [width, height])
      if (side % 2 !== 0 || side < 16 || side > 4096)
        throw new RangeError(`a side of ${side}; give even 16 to 4096`);
    this.#columns = Math.ceil(width / 16);
    this.#rows = Math.ceil(height / 16);
  }

  /** SPS and PPS in Annex-B, as scrcpy's config packet. */
  config(): Uint8Array {
    const cropX = (this.#columns * 16 - this.width) / 2;
    const cropY = (this.#rows * 16 - this.height) / 2;
    const level = this.#columns * this.#rows <= 3600 ? 31 : 51;
    const sps = new Bits().u(66, 8).u(0xe0, 8).u(level, 8);
    // id 0 · frame_num of 8 bits · picture order = decoding order · 1 reference, no gaps
    sps
      .ue(0)
      .ue(FRAME_NUM_BITS - 4)
      .ue(2)
      .ue(1)
      .u(0, 1);
    // size in macroblocks · frames only, direct 8×8 · cropping · no VUI
    sps
      .ue(this.#columns - 1)
      .ue(this.#rows - 1)
      .u(0b11, 2);
    if (cropX > 0 || cropY > 0) sps.u(1, 1).ue(0).ue(cropX).ue(0).ue(cropY);
    else sps.u(0, 1);
    sps.u(0, 1);
    // ids 0 · CAVLC, no field order · 1 slice group · 1 reference each · no weights · QP 26 · deblocking control
    const pps = new Bits().ue(0).ue(0).u(0, 2).ue(0).ue(0).ue(0).u(0, 3).ue(0).ue(0).ue(0).u(0b100, 3);
    const [a, b] = [sps.nal(0x67), pps.nal(0x68)];
    const both = new Uint8Array(a.length + b.length);
    both.set(a);
    both.set(b, a.length);
    return both;
  }

  /** A key frame of this luma (1-255); Annex-B, without parameter sets. */
  idr(luma: number): Uint8Array {
    this.#frameNum = 0;
    this.#idrId = (this.#idrId + 1) & 1;
    // first_mb 0 · I · pps 0 · frame_num 0 · idr_pic_id · keep nothing, no long term · QP delta 0 · no deblocking
    const bits = new Bits().ue(0).ue(7).ue(0).u(0, FRAME_NUM_BITS).ue(this.#idrId).u(0, 2).ue(0).ue(1);
    this.#macroblocks(bits, luma, false);
    return bits.nal(IDR);
  }

  /** The next frame, of this luma; without luma the same picture again (all macroblocks skipped, about 10 bytes). */
  next(luma?: number): Uint8Array {
    this.#frameNum = (this.#frameNum + 1) % 2 ** FRAME_NUM_BITS;
    // first_mb 0 · P · pps 0 · frame_num · default references, lists, marking · QP delta 0 · no deblocking
    const bits = new Bits().ue(0).ue(5).ue(0).u(this.#frameNum, FRAME_NUM_BITS).u(0, 3).ue(0).ue(1);
    if (luma === undefined) bits.ue(this.#columns * this.#rows);
    else this.#macroblocks(bits, luma, true);
    return bits.nal(SLICE);
  }

  #macroblocks(bits: Bits, luma: number, inP: boolean): void {
    // Intra types come behind the five inter types in a P slice, each macroblock behind a skip run of 0.
    const intra = (type: number): Bits => (inP ? bits.ue(0).ue(type + 5) : bits.ue(type));
    for (let y = 0; y < this.#rows; y += 1)
      for (let x = 0; x < this.#columns; x += 1) {
        if (x === 0 && y === 0) {
          intra(25).align();
          for (let i = 0; i < 256; i += 1) bits.u(luma, 8);
          for (let i = 0; i < 128; i += 1) bits.u(128, 8);
          continue;
        }
        // I_16x16, DC, no coefficients · chroma DC · QP delta 0
        intra(3).ue(0).ue(0);
        // coeff_token "none": an I_PCM neighbour counts 16 coefficients (§9.2.1), which selects the 6-bit table.
        if (x + y === 1) bits.u(0b000011, 6);
        else bits.u(1, 1);
      }
  }
}
