import { ImageError } from './errors.js';

/** Little-endian fields of one structure, each checked to lie inside. `base` is where the structure stands in its source. */
export class Fields {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    private readonly format: string,
    private readonly base = 0,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get size(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    this.#inside(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    this.#inside(at, 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.#inside(at, 4);
    return this.#view.getUint32(at, true);
  }

  /** A 64-bit value; 2^53 and above, which no image holds honestly, is refused. */
  u64(at: number): number {
    const value = this.u32(at + 4) * 2 ** 32 + this.u32(at);
    if (!Number.isSafeInteger(value))
      throw new ImageError('malformed', this.format, 'a number beyond 2^53', { offset: this.base + at });
    return value;
  }

  part(at: number, length: number): Uint8Array {
    this.#inside(at, length);
    return this.bytes.subarray(at, at + length);
  }

  /** ASCII up to the first NUL of a field of `length` bytes. */
  text(at: number, length: number): string {
    const bytes = this.part(at, length);
    const end = bytes.indexOf(0);
    return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1');
  }

  #inside(at: number, length: number): void {
    if (!(at >= 0 && length >= 0 && at + length <= this.bytes.length))
      throw new ImageError(
        'malformed',
        this.format,
        `a field reaches outside of its ${this.bytes.length} bytes`,
        {
          offset: this.base + at,
        },
      );
  }
}
