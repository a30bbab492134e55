import type { ByteStream } from './byte-source.js';
import { ImageError } from './errors.js';

/** Takes a ByteStream apart: so many bytes as one array, so many as a stream, so many skipped. Holds at most one chunk. */
export class StreamReader {
  #iterator: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #ended = false;

  constructor(
    stream: ByteStream,
    private readonly format: string,
  ) {
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** True when nothing is left. */
  async atEnd(): Promise<boolean> {
    return !(await this.#fill());
  }

  /** The next chunk in hand, at most `limit` bytes; empty at the end. */
  async some(limit: number): Promise<Uint8Array> {
    if (limit === 0 || !(await this.#fill())) return this.#chunk.subarray(0, 0);
    const bytes = this.#chunk.subarray(0, limit);
    this.#chunk = this.#chunk.subarray(bytes.length);
    this.#offset += bytes.length;
    return bytes;
  }

  /** Gives back the last bytes that were taken. */
  unread(bytes: Uint8Array): void {
    this.#offset -= bytes.length;
    this.#chunk = this.#chunk.length === 0 ? bytes : Buffer.concat([bytes, this.#chunk]);
  }

  async skipZeros(): Promise<void> {
    while (await this.#fill()) {
      const zeros = this.#chunk.findIndex((byte) => byte !== 0);
      await this.some(zeros < 0 ? this.#chunk.length : zeros);
      if (zeros >= 0) return;
    }
  }

  /** Up to `length` bytes, fewer only at the end. */
  async upTo(length: number): Promise<Uint8Array> {
    const first = await this.some(length);
    if (first.length === length) return first;
    const bytes = new Uint8Array(length);
    bytes.set(first);
    let have = first.length;
    while (have < length) {
      const more = await this.some(length - have);
      if (more.length === 0) return bytes.subarray(0, have);
      bytes.set(more, have);
      have += more.length;
    }
    return bytes;
  }

  /** Exactly `length` bytes; `length` must be bounded by the caller, since it is allocated. */
  async take(length: number, what: string): Promise<Uint8Array> {
    const offset = this.#offset;
    const bytes = await this.upTo(length);
    if (bytes.length < length) this.#cutOff(what, offset, bytes.length, length);
    return bytes;
  }

  async skip(length: number, what: string): Promise<void> {
    const offset = this.#offset;
    let left = length;
    while (left > 0) {
      const bytes = await this.some(left);
      if (bytes.length === 0) this.#cutOff(what, offset, length - left, length);
      left -= bytes.length;
    }
  }

  /** Frees the source when it is left before its end. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#chunk = new Uint8Array(0);
    await this.#iterator.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      if (this.#ended) return false;
      const next = await this.#iterator.next();
      if (next.done === true) this.#ended = true;
      else this.#chunk = next.value;
    }
    return true;
  }

  #cutOff(what: string, offset: number, have: number, want: number): never {
    throw new ImageError('malformed', this.format, `${what} is cut off: ${have} of ${want} bytes`, {
      offset,
    });
  }
}

/** The content of one member inside a StreamReader: given out once, and skipped by the reader as far as nobody took it. */
export class Body {
  #left: number;
  #open = true;

  constructor(
    private readonly reader: StreamReader,
    readonly size: number,
    private readonly what: string,
  ) {
    this.#left = size;
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      // A consumer that holds on to an older entry's content would otherwise read the next one's header.
      if (!this.#open) throw new Error(`${this.what} was asked for after the next entry`);
      const bytes = await this.reader.some(this.#left);
      if (bytes.length === 0) await this.reader.skip(this.#left, this.what);
      this.#left -= bytes.length;
      yield bytes;
    }
  }

  /** Skips the rest; nothing is given out any more. */
  async finish(): Promise<void> {
    this.#open = false;
    await this.reader.skip(this.#left, this.what);
    this.#left = 0;
  }
}
