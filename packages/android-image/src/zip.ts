import { crc32 } from 'node:zlib';
import { type ByteSource, readExactly, slice, streamOf } from './byte-source.js';
import { ImageError, quote } from './errors.js';
import { Fields } from './fields.js';
import { inflate } from './inflate.js';
import { Budget, type Limits } from './limits.js';
import { StreamReader } from './stream-reader.js';
import { findDirectory, readDirectory, type ZipRecord } from './zip-directory.js';

const FORMAT = 'zip';
const LOCAL_MAGIC = 0x04034b50;
const LOCAL_SIZE = 30;
const STORED = 0;
const DEFLATED = 8;
/** Below this much output no ratio is looked at. */
const FREE = 16 * 2 ** 20;

export interface ZipMember {
  /** As in the central directory; whoever unpacks by it must check it. */
  readonly name: string;
  /** Bytes when unpacked, as promised; `open` holds it to that. */
  readonly size: number;
  /**
   * Its bytes, once as a whole: length and CRC-32 are compared at the end. Errors: ImageError, also for what is encrypted or
   * packed otherwise than by deflate.
   */
  open(): AsyncGenerator<Uint8Array>;
  /** Where the bytes of a member lie that is stored as it is, unverified; undefined for one that is packed. */
  stored(): Promise<ByteSource | undefined>;
}

/**
 * The files of a zip, zip64 among them (APPNOTE.TXT 6.3), in the order of its central directory, which alone counts: nothing is
 * looked for between members. Bounded by maxEntries, maxRatio, and maxBytes over all members that are opened; a member that
 * promises more than maxRatio allows is refused before a byte of it is unpacked. Archives of several disks are refused.
 */
export async function readZip(
  source: ByteSource,
  options: { readonly limits?: Partial<Limits> } = {},
): Promise<ZipMember[]> {
  const budget = new Budget(FORMAT, options.limits);
  const directory = await findDirectory(source);
  const members: ZipMember[] = [];
  for await (const record of readDirectory(source, directory, budget))
    if (!record.name.endsWith('/')) members.push(new Member(source, record, budget));
  return members;
}

class Member implements ZipMember {
  readonly name: string;
  readonly size: number;

  constructor(
    private readonly source: ByteSource,
    private readonly record: ZipRecord,
    private readonly budget: Budget,
  ) {
    this.name = record.name;
    this.size = record.size;
  }

  async stored(): Promise<ByteSource | undefined> {
    if (this.record.method !== STORED) return undefined;
    if (this.record.packedSize !== this.size) this.#refuse('malformed', 'it is stored, and of two sizes');
    return this.#data();
  }

  async *open(): AsyncGenerator<Uint8Array> {
    const { method, packedSize, sum } = this.record;
    const { maxRatio } = this.budget.limits;
    if (this.size > FREE + packedSize * maxRatio)
      this.#refuse(
        'limit',
        `${packedSize} bytes promise ${this.size}; the limit is ${maxRatio} for each: a bomb`,
      );
    this.budget.bytes(this.size);
    const data = (await this.stored()) ?? (await this.#data());
    const reader = new StreamReader(streamOf(data), FORMAT);
    const bytes = method === STORED ? streamOf(data) : inflate(reader, FORMAT);
    let size = 0;
    let found = 0;
    try {
      for await (const piece of bytes) {
        size += piece.length;
        if (size > this.size)
          this.#refuse('malformed', `it is longer than the ${this.size} bytes it promises`);
        found = crc32(piece, found);
        yield piece;
      }
    } finally {
      await reader.close();
    }
    if (size < this.size) this.#refuse('malformed', `it ends after ${size} of ${this.size} bytes`);
    if (found !== sum) this.#refuse('malformed', 'its checksum is wrong');
  }

  /** What it is packed as: behind its local header, of which only the lengths count. */
  async #data(): Promise<ByteSource> {
    const { encrypted, method, offset, packedSize } = this.record;
    if (encrypted) this.#refuse('unsupported', 'it is encrypted');
    if (method !== STORED && method !== DEFLATED)
      this.#refuse('unsupported', `it is packed by method ${method}; stored and deflate are read`);
    const header = new Fields(
      await readExactly(this.source, offset, LOCAL_SIZE, FORMAT, 'a local header'),
      FORMAT,
      offset,
    );
    if (header.u32(0) !== LOCAL_MAGIC)
      throw new ImageError('malformed', FORMAT, 'no local header where the directory says', { offset });
    const at = offset + LOCAL_SIZE + header.u16(26) + header.u16(28);
    return slice(this.source, at, packedSize, FORMAT);
  }

  #refuse(refusal: 'malformed' | 'unsupported' | 'limit', what: string): never {
    throw new ImageError(refusal, FORMAT, `${quote(this.name)}: ${what}`, { offset: this.record.offset });
  }
}
