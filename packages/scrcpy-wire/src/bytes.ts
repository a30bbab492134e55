import { ScrcpyError } from './errors.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Thrown by ByteReader when the message is not complete yet; one object, so waiting costs no stack trace. */
export const NEED_MORE: unique symbol = Symbol('need more bytes');

/** Reads big-endian fields from `bytes[offset, end)`; throws NEED_MORE at the end. */
export class ByteReader {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public offset: number,
    readonly end: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(length: number): number {
    const at = this.offset;
    if (this.end - at < length) throw NEED_MORE;
    this.offset = at + length;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }
  i16(): number {
    return this.#view.getInt16(this.#take(2));
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }
  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** A copy, so it outlives the receive buffer. The limit is checked before a single byte is awaited. */
  data(length: number, max: number, field: string): Uint8Array {
    if (length > max)
      throw new ScrcpyError('SCRCPY_TOO_LARGE', `${field} announces ${length} bytes, the limit is ${max}`);
    const at = this.#take(length);
    // Not slice(): on a Node Buffer that is a view.
    return new Uint8Array(this.bytes.subarray(at, at + length));
  }

  /** UTF-8; ill-formed sequences become U+FFFD, as the server's own decoder does. */
  text(length: number, max: number, field: string): string {
    return decoder.decode(this.data(length, max, field));
  }
}

/** Where numbers that no shift takes apart become bytes. */
const eight = new DataView(new ArrayBuffer(8));
const eightBytes = new Uint8Array(eight.buffer);

/**
 * Writes big-endian fields into one buffer of exactly the right size. Without a DataView: that would make V8 move the bytes of a small
 * array out of its own heap, for each touch of each phone.
 */
export class ByteWriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  #next(length: number): number {
    const at = this.#at;
    this.#at = at + length;
    // What is written beyond its end an array drops without a word.
    if (this.#at > this.bytes.length)
      throw new RangeError(`a message of ${this.bytes.length} bytes has no room for ${this.#at}`);
    return at;
  }

  u8(value: number): this {
    this.bytes[this.#next(1)] = value;
    return this;
  }
  u16(value: number): this {
    const at = this.#next(2);
    this.bytes[at] = value >>> 8;
    this.bytes[at + 1] = value;
    return this;
  }
  i16(value: number): this {
    return this.u16(value);
  }
  u32(value: number): this {
    const at = this.#next(4);
    this.bytes[at] = value >>> 24;
    this.bytes[at + 1] = value >>> 16;
    this.bytes[at + 2] = value >>> 8;
    this.bytes[at + 3] = value;
    return this;
  }
  i32(value: number): this {
    return this.u32(value);
  }
  u64(value: bigint): this {
    eight.setBigUint64(0, value);
    return this.data(eightBytes);
  }
  data(value: Uint8Array): this {
    this.bytes.set(value, this.#next(value.length));
    return this;
  }
}

/** An integer in [min, max], or SCRCPY_VALUE naming the field: DataView would wrap it silently. */
export function int(field: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new ScrcpyError('SCRCPY_VALUE', `${field} is ${value}; give an integer from ${min} to ${max}`);
  return value;
}
export const u8 = (field: string, value: number): number => int(field, value, 0, 0xff);
export const u16 = (field: string, value: number): number => int(field, value, 0, 0xffff);
export const u32 = (field: string, value: number): number => int(field, value, 0, 0xffff_ffff);
export const i32 = (field: string, value: number): number => int(field, value, -0x8000_0000, 0x7fff_ffff);

export function u64(field: string, value: bigint): bigint {
  if (value < 0n || value > 0xffff_ffff_ffff_ffffn)
    throw new ScrcpyError('SCRCPY_VALUE', `${field} is ${value}; give an unsigned 64-bit integer`);
  return value;
}

/** UTF-8 bytes of `text`; never cut, because a cut text is a wrong text: too long is SCRCPY_VALUE. */
export function utf8(field: string, text: string, max: number): Uint8Array {
  const bytes = encoder.encode(text);
  if (bytes.length > max)
    throw new ScrcpyError('SCRCPY_VALUE', `${field} has ${bytes.length} bytes of UTF-8; at most ${max} fit`);
  return bytes;
}

/** Opaque bytes of at most `max`, or SCRCPY_VALUE. */
export function blob(field: string, bytes: Uint8Array, max: number): Uint8Array {
  if (bytes.length > max)
    throw new ScrcpyError('SCRCPY_VALUE', `${field} has ${bytes.length} bytes; at most ${max} fit`);
  return bytes;
}

/** `value` when it is one of the numbers the protocol has there. @throws ScrcpyError SCRCPY_MALFORMED */
export function oneOf<T extends number>(
  field: string,
  value: number,
  allowed: Readonly<Record<string, T>>,
): T {
  const known = Object.values(allowed).find((candidate) => candidate === value);
  if (known === undefined)
    throw new ScrcpyError(
      'SCRCPY_MALFORMED',
      `${field} is ${value}; known are ${Object.values(allowed).join(' ')}`,
    );
  return known;
}
