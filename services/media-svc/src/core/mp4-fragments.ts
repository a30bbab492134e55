/** A file to look into: `length` bytes from `at`, fewer at its end. */
export type ReadAt = (at: number, length: number) => Uint8Array;

export interface Mp4Content {
  /** Bytes up to the end of the last whole fragment: what a player can play. */
  readonly bytes: number;
  /** Pictures in those. */
  readonly frames: number;
  readonly durationMs: number;
}

interface Box {
  readonly type: string;
  /** Of its content, and the byte behind it. */
  readonly from: number;
  readonly end: number;
}

/** Of a moof or moov: a picture's samples take 16 bytes each. */
const MAX_INDEX = 16 << 20;
const VIDEO_TRACK = 1;

/**
 * What is in a fragmented MP4 (ISO/IEC 14496-12 §8.8) that ffmpeg wrote, or writes: a fragment counts when its `mdat` is whole. Reads
 * the index boxes only, and each of them once, however often it looks.
 */
export class FragmentReader {
  /** Of the first box that was not whole yet. */
  #at = 0;
  #bytes = 0;
  #frames = 0;
  #endMs = 0;
  /** Of the moof whose `mdat` is awaited. */
  #index: Uint8Array | undefined;
  readonly #timescales = new Map<number, number>();

  /** What is in it now that it has `size` bytes. */
  read(size: number, read: ReadAt): Mp4Content {
    while (this.#at < size) {
      const box = boxAt(read(this.#at, 16), 0, this.#at, size);
      if (box === undefined || box.end > size || !this.#take(box, read)) break;
      this.#at = box.end;
    }
    return { bytes: this.#bytes, frames: this.#frames, durationMs: Math.round(this.#endMs) };
  }

  #take({ type, from, end }: Box, read: ReadAt): boolean {
    if (type === 'moov' || type === 'moof') {
      if (end - from > MAX_INDEX) return false;
      this.#index = read(from, end - from);
      if (type === 'moof') return true;
      readTimescales(this.#index, this.#timescales);
      this.#bytes = end;
    } else if (type === 'mdat' && this.#index !== undefined) {
      const fragment = readFragment(this.#index, this.#timescales);
      this.#frames += fragment.frames;
      this.#endMs = Math.max(this.#endMs, fragment.endMs);
      this.#bytes = end;
    } else if (type === 'mfra') this.#bytes = end;
    return true;
  }
}

/** From a moov's content, by track. */
export function readTimescales(moov: Uint8Array, timescales: Map<number, number>): void {
  for (const trak of boxes(moov, 'trak')) {
    const [header] = boxes(trak, 'tkhd');
    const [media] = boxes(trak, 'mdia');
    const [mediaHeader] = media === undefined ? [] : boxes(media, 'mdhd');
    if (header === undefined || mediaHeader === undefined) continue;
    // Version 1 has times of 64 bits before them.
    const track = u32(header, header[0] === 1 ? 20 : 12);
    timescales.set(track, u32(mediaHeader, mediaHeader[0] === 1 ? 20 : 12));
  }
}

/** What a moof tells of its fragment: pictures, how long they are shown together, and when the last of whatever kind ends. */
export function readFragment(
  moof: Uint8Array,
  timescales: ReadonlyMap<number, number>,
): { readonly frames: number; readonly pictureMs: number; readonly endMs: number } {
  let frames = 0;
  let pictureMs = 0;
  let endMs = 0;
  for (const traf of boxes(moof, 'traf')) {
    const [header] = boxes(traf, 'tfhd');
    const [base] = boxes(traf, 'tfdt');
    if (header === undefined || base === undefined) continue;
    const track = u32(header, 4);
    const timescale = timescales.get(track) ?? 1_000;
    let time = base[0] === 1 ? u32(base, 4) * 2 ** 32 + u32(base, 8) : u32(base, 4);
    for (const run of boxes(traf, 'trun')) {
      const { samples, duration } = readRun(run, presetDuration(header));
      time += duration;
      if (track !== VIDEO_TRACK) continue;
      frames += samples;
      pictureMs += (duration * 1_000) / timescale;
    }
    endMs = Math.max(endMs, (time * 1_000) / timescale);
  }
  return { frames, pictureMs, endMs };
}

/** default_sample_duration of a tfhd, behind what its flags say is there (§8.8.7). */
function presetDuration(header: Uint8Array): number {
  const flags = u32(header, 0) & 0xff_ffff;
  if ((flags & 0x8) === 0) return 0;
  return u32(header, 8 + ((flags & 0x1) === 0 ? 0 : 8) + ((flags & 0x2) === 0 ? 0 : 4));
}

/** §8.8.8. */
function readRun(run: Uint8Array, preset: number): { readonly samples: number; readonly duration: number } {
  const flags = u32(run, 0) & 0xff_ffff;
  const samples = u32(run, 4);
  if ((flags & 0x100) === 0) return { samples, duration: samples * preset };
  const fields = [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0).length;
  let at = 8 + ((flags & 0x1) === 0 ? 0 : 4) + ((flags & 0x4) === 0 ? 0 : 4);
  let duration = 0;
  for (let i = 0; i < samples && at + 4 <= run.length; i += 1, at += fields * 4) duration += u32(run, at);
  return { samples, duration };
}

/** Contents of the boxes of one type that stand in another. */
function boxes(content: Uint8Array, type: string): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  while (at < content.length) {
    const box = boxAt(content, at, at, content.length);
    if (box === undefined || box.end > content.length) break;
    if (box.type === type) found.push(content.subarray(box.from, box.end));
    at = box.end;
  }
  return found;
}

/** The box whose head stands at `offset` of `bytes`, which is `at` of the file. */
export function boxAt(bytes: Uint8Array, offset: number, at: number, size: number): Box | undefined {
  if (offset + 8 > bytes.length) return undefined;
  const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
  const short = u32(bytes, offset);
  if (short !== 1) {
    const length = short === 0 ? size - at : short;
    return length < 8 ? undefined : { type, from: at + 8, end: at + length };
  }
  if (offset + 16 > bytes.length) return undefined;
  const length = u32(bytes, offset + 8) * 2 ** 32 + u32(bytes, offset + 12);
  return length < 16 ? undefined : { type, from: at + 16, end: at + length };
}

function u32(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at, at + 4);
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
