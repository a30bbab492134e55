import { type ByteSource, readExactly } from './byte-source.js';
import { ImageError } from './errors.js';

/** `size` bytes at `offset` of the source, or of zeros. */
export interface Extent {
  readonly size: number;
  readonly offset?: number;
}

/** Extents one behind the other, as one source. */
export function openExtents(source: ByteSource, extents: readonly Extent[], format: string): ByteSource {
  const ends: number[] = [];
  let size = 0;
  for (const extent of extents) {
    size += extent.size;
    if (!Number.isSafeInteger(size)) throw new ImageError('malformed', format, 'extents beyond 2^53 bytes');
    ends.push(size);
  }
  return {
    size,
    async read(offset, length) {
      const end = Math.min(size, offset + length);
      const out = new Uint8Array(Math.max(0, end - offset));
      let i = ends.findIndex((at) => at > offset);
      for (let at = offset; at < end; i += 1) {
        const extent = extents[i]!;
        const start = ends[i]! - extent.size;
        const to = Math.min(end, ends[i]!);
        if (extent.offset !== undefined && to > at) {
          const from = extent.offset + (at - start);
          out.set(await readExactly(source, from, to - at, format, 'an extent'), at - offset);
        }
        at = Math.max(at, to);
      }
      return out;
    },
  };
}
