/**
 * Reads Android's property areas from their bytes: no exec, no help from the phone. Layout: AOSP bionic
 * libc/system_properties/include/system_properties/{prop_area,prop_info}.h, checked against Android 4.4, 8.0 and 16.
 *
 * The bytes belong to the phone and may change while they are read or be nonsense: every offset is checked, work is
 * bounded by the number of nodes that fit and by the bytes of all texts together, and a value that was being written is reported,
 * never guessed.
 */
export interface PropertyArea {
  readonly properties: ReadonlyMap<string, string>;
  /** Names whose value was being written: read the file again. */
  readonly dirty: readonly string[];
}

export const HEADER_SIZE = 128;
const MAGIC = 0x504f5250;
const VERSION = 0xfc6ed0ab;
/** Root node: a trie node without name and without its NUL. What follows at 20 or (newer areas) 112 is found by offset. */
const NODE_SIZE = 20;
const VALUE_OFFSET = 4;
const VALUE_MAX = 92;
const INFO_SIZE = VALUE_OFFSET + VALUE_MAX;
const DIRTY = 1;
const LONG = 1 << 16;
const LONG_OFFSET_FIELD = VALUE_OFFSET + 56;
const LONG_MAX = 65_536;
const NAME_MAX = 255;

/** Header serial, u32 at offset 4: of `properties_serial` it counts every change in the phone. Undefined when it is no area. */
export function headerSerial(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(8, true) === MAGIC ? view.getUint32(4, true) : undefined;
}

/** Bytes of the file that an area uses, its header with them: u32 at offset 0 counts those behind it. Undefined when it is no area. */
export function usedOf(bytes: Uint8Array): number | undefined {
  if (headerSerial(bytes) === undefined) return undefined;
  return HEADER_SIZE + new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
}

/** All properties of one area file; undefined when the bytes are no property area (e.g. `property_info`). */
export function readPropertyArea(bytes: Uint8Array): PropertyArea | undefined {
  if (bytes.length < HEADER_SIZE + NODE_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8, true) !== MAGIC || view.getUint32(12, true) !== VERSION) return undefined;
  const reader = new Reader(bytes.subarray(HEADER_SIZE));
  reader.walk();
  return { properties: reader.properties, dirty: reader.dirty };
}

const latin = new TextDecoder('utf-8');

class Reader {
  readonly properties = new Map<string, string>();
  readonly dirty: string[] = [];
  readonly #view: DataView;
  /** Each node may be entered once: a phone that links its trie into a circle gains nothing. */
  readonly #seen = new Set<number>();
  /**
   * Bytes of text still to be read. In a sound area no two texts share a byte; a phone that gives one value to many properties
   * (thousands of 64 KiB each fit by that) gets no more text than its area has bytes.
   */
  #left: number;

  constructor(private readonly data: Uint8Array) {
    this.#left = data.length;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  walk(): void {
    const open = [this.#u32(16)];
    for (let offset = open.pop(); offset !== undefined && this.#left >= 0; offset = open.pop()) {
      if (offset === 0 || this.#seen.has(offset) || offset % 4 !== 0 || offset + NODE_SIZE > this.data.length)
        continue;
      this.#seen.add(offset);
      if (this.#u32(offset) > NAME_MAX) continue;
      const info = this.#u32(offset + 4);
      if (info !== 0) this.#take(info);
      open.push(this.#u32(offset + 8), this.#u32(offset + 12), this.#u32(offset + 16));
    }
  }

  #take(offset: number): void {
    if (offset % 4 !== 0 || offset + INFO_SIZE + 1 > this.data.length) return;
    const serial = this.#u32(offset);
    const name = this.#text(offset + INFO_SIZE, NAME_MAX);
    if (name === undefined || name === '') return;
    if ((serial & DIRTY) !== 0) {
      this.dirty.push(name);
      return;
    }
    // With the long bit the top byte is the length of a hint for old programs, not of the value.
    const value =
      (serial & LONG) === 0
        ? this.#text(offset + VALUE_OFFSET, Math.min(serial >>> 24, VALUE_MAX - 1))
        : this.#text(offset + this.#u32(offset + LONG_OFFSET_FIELD), LONG_MAX);
    if (value !== undefined) this.properties.set(name, value);
  }

  #u32(offset: number): number {
    return offset + 4 <= this.data.length ? this.#view.getUint32(offset, true) : 0;
  }

  /** Text up to its NUL, at most `limit` bytes; undefined outside of the area, and when all text is spent, which ends the walk. */
  #text(offset: number, limit: number): string | undefined {
    if (offset < 0 || offset >= this.data.length) return undefined;
    const window = this.data.subarray(offset, Math.min(offset + limit, this.data.length));
    const end = window.indexOf(0);
    const text = end < 0 ? window : window.subarray(0, end);
    this.#left -= text.length;
    if (this.#left < 0) return undefined;
    return latin.decode(text);
  }
}
