/** Access units that may be replayed at most: more would flood the other viewers. */
export const GOP_MAX_UNITS = 12;
/** Bytes of a replayable group at most: 12 large pictures at a sane bit rate. */
export const GOP_MAX_BYTES = 2 << 20;

/**
 * The current group of pictures, while it is short enough to be sent again as a whole. A key frame alone would break the
 * reference chain of those who watch already, so it is everything since the key frame, or nothing.
 *
 * Policy: a key frame begins anew; a group that outgrows 12 access units or 2 MiB is forgotten until the next key frame.
 * Owns its bytes: what is given is copied.
 */
export class GopCache {
  #units: Uint8Array[] = [];
  #bytes = 0;

  /** Access units that can be replayed; 0 when the group is not whole. */
  get length(): number {
    return this.#units.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** From the key frame on, in order of decoding. Empty when the group is not whole. */
  get units(): readonly Uint8Array[] {
    return this.#units;
  }

  push(unit: Uint8Array, keyFrame: boolean): void {
    if (keyFrame) this.clear();
    else if (this.#units.length === 0) return;
    if (this.#units.length >= GOP_MAX_UNITS || this.#bytes + unit.length > GOP_MAX_BYTES) {
      this.clear();
      return;
    }
    // Not slice(): on a Buffer that is a view.
    this.#units.push(new Uint8Array(unit));
    this.#bytes += unit.length;
  }

  /** Another encoder takes over, or the stream ended: its pictures do not continue this group. */
  clear(): void {
    this.#units = [];
    this.#bytes = 0;
  }
}
