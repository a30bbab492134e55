import { AppError } from '@ancloud/kit/errors';
import { boxAt, readFragment, readTimescales } from './mp4-fragments.js';

/** A box larger than this is none that ffmpeg makes of a phone's pictures within the seconds of a segment. */
const MAX_BOX = 64 << 20;

export type Piece =
  | { readonly kind: 'head'; readonly bytes: Buffer }
  | {
      readonly kind: 'fragment';
      readonly bytes: Buffer;
      /** Pictures in it, and how long they are shown. */
      readonly frames: number;
      readonly pictureMs: number;
    };

/**
 * Cuts a fragmented MP4 that comes in chunks into its head (`ftyp`, `moov`) and its fragments (`moof`, `mdat`), as HLS wants them apart (RFC
 * 8216 §3.3). For one file of one ffmpeg.
 */
export class FragmentCutter {
  #held = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #waiting = 0;
  /** Bytes that the next box needs, as far as is known. */
  #needed = 8;
  /** Boxes of the piece that is not whole yet. */
  #piece: Buffer[] = [];
  #index: Uint8Array | undefined;
  readonly #timescales = new Map<number, number>();

  /** What became whole by it, in order. Errors: STREAM_FAILED for what is no MP4. */
  push(chunk: Buffer): Piece[] {
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
    if (this.#held.length + this.#waiting < this.#needed) return [];
    const bytes = Buffer.concat([this.#held, ...this.#chunks]);
    this.#chunks = [];
    this.#waiting = 0;
    const pieces: Piece[] = [];
    let at = 0;
    while (bytes.length - at >= this.#needed) {
      const box = boxAt(bytes, at, 0, Infinity);
      if (box === undefined && bytes.length - at < 16) {
        this.#needed = 16;
        break;
      }
      if (box === undefined || box.end > MAX_BOX)
        throw new AppError('STREAM_FAILED', 'ffmpeg wrote something that is no fragmented MP4');
      this.#needed = box.end;
      if (bytes.length - at < box.end) break;
      const whole = bytes.subarray(at, at + box.end);
      const piece = this.#take(box.type, whole, whole.subarray(box.from));
      if (piece !== undefined) pieces.push(piece);
      at += box.end;
      this.#needed = 8;
    }
    this.#held = bytes.subarray(at);
    return pieces;
  }

  #take(type: string, box: Buffer, content: Uint8Array): Piece | undefined {
    if (type === 'ftyp' || type === 'moof') this.#piece = [];
    this.#piece.push(box);
    if (type === 'moof') this.#index = content;
    if (type === 'moov') {
      readTimescales(content, this.#timescales);
      return { kind: 'head', bytes: Buffer.concat(this.#piece) };
    }
    if (type !== 'mdat' || this.#index === undefined) return undefined;
    const { frames, pictureMs } = readFragment(this.#index, this.#timescales);
    this.#index = undefined;
    return { kind: 'fragment', bytes: Buffer.concat(this.#piece), frames, pictureMs };
  }
}
