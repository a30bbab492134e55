import { ImageError, type Where } from './errors.js';

/** What an image may cost to read. Each is a hard stop: crossing it is an ImageError with refusal 'limit'. */
export interface Limits {
  /** Entries (files, directories, links, devices) in one tree. Default 2^20; real system images hold 4,000–20,000. */
  readonly maxEntries: number;
  /** Sum of all file contents, and of what any decompressor gives out, in bytes. Default 32 GiB. */
  readonly maxBytes: number;
  /** Nested directories. Default 128. */
  readonly maxDepth: number;
  /** Bytes of one path or link target. Default 4096 (PATH_MAX). */
  readonly maxNameBytes: number;
  /** Bytes of all extended attributes of one entry, names included. Default 64 KiB (XATTR_SIZE_MAX). */
  readonly maxXattrBytes: number;
  /** Bytes out for each byte in of a compressed stream, beyond the first 16 MiB out. Default 100; ramdisks reach 2–4. */
  readonly maxRatio: number;
  /** Chunks of a sparse image, extents of a file, partitions of a super image: one table. Default 2^20. */
  readonly maxTable: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxEntries: 2 ** 20,
  maxBytes: 32 * 2 ** 30,
  maxDepth: 128,
  maxNameBytes: 4096,
  maxXattrBytes: 64 * 1024,
  maxRatio: 100,
  maxTable: 2 ** 20,
};

export const withDefaults = (limits: Partial<Limits> = {}): Limits => ({ ...DEFAULT_LIMITS, ...limits });

/** Counts what one reader has cost so far against the limits. Each call throws when its limit is crossed. */
export class Budget {
  readonly limits: Limits;
  #entries = 0;
  #bytes = 0;

  constructor(
    private readonly format: string,
    limits?: Partial<Limits>,
  ) {
    this.limits = withDefaults(limits);
  }

  entry(where?: Where): void {
    this.#entries += 1;
    if (this.#entries > this.limits.maxEntries) this.#over('entries', this.limits.maxEntries, where);
  }

  /** `count` more bytes of content: call before they are read or allocated. */
  bytes(count: number, where?: Where): void {
    this.#bytes += count;
    if (this.#bytes > this.limits.maxBytes) this.#over('bytes of content', this.limits.maxBytes, where);
  }

  table(count: number, of: string, where?: Where): void {
    if (count > this.limits.maxTable) this.#over(`${of} (${count})`, this.limits.maxTable, where);
  }

  depth(levels: number, where?: Where): void {
    if (levels > this.limits.maxDepth) this.#over('nested directories', this.limits.maxDepth, where);
  }

  nameBytes(count: number, where?: Where): void {
    if (count > this.limits.maxNameBytes)
      this.#over(`bytes of a path (${count})`, this.limits.maxNameBytes, where);
  }

  xattrBytes(count: number, where?: Where): void {
    if (count > this.limits.maxXattrBytes)
      this.#over(`bytes of extended attributes (${count})`, this.limits.maxXattrBytes, where);
  }

  #over(of: string, limit: number, where?: Where): never {
    throw new ImageError('limit', this.format, `more ${of} than the limit of ${limit}`, where);
  }
}
